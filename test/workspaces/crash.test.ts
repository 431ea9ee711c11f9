import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { test } from "node:test";
import { layOut, openBench, readFiles } from "./open-bench.ts";

/** Runs the program and kills it some time after it has begun. Gives its last word. */
async function runAndKill(what: string, args: readonly string[], afterMs: number): Promise<string> {
  const program = join(import.meta.dirname, "../fixtures/programs/workspaces-program.ts");
  const child = spawn(process.execPath, [program, what, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  let word = "";
  for await (const line of createInterface({ input: child.stdout })) {
    word = line;
    if (line !== "ready") continue;
    void setTimeout(afterMs, undefined, { ref: false }).then(() => child.kill("SIGKILL"));
  }
  await ended;
  return word;
}

test("a server that is killed while it makes a workspace leaves nothing of it", async (context) => {
  const bench = await openBench(context);
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`d${index % 9}/f${index}`, `${index}`]));
  const directory = await bench.directory("project", many);
  for (const id of ["wksp_one", "wksp_two"]) {
    const word = await runAndKill("make", [bench.dataDirectory, directory.path, id], randomInt(150));
    const again = bench.reopen();
    await again.adoptOrRemoveLeftovers(async () => true);
    await again.stop();
    const whole = again.find(id);
    if (word === "done") assert.ok(whole);
    if (whole !== undefined) assert.equal(Object.keys(await readFiles(whole.hostPath)).length, 300);
    else
      assert.deepEqual(
        (await readdir(join(bench.dataDirectory, "workspaces")).catch(() => [])).filter((name) => name.includes(id)),
        [],
      );
  }
});

test("a server that is killed while it lands a change has landed all of it or nothing", async (context) => {
  const bench = await openBench(context);
  const numbers = Array.from({ length: 150 }, (_, index) => index);
  const before = Object.fromEntries(numbers.map((index) => [`d${index % 9}/f${index}`, `old ${index}`]));
  const directory = await bench.directory("project", before);
  const { id, hostPath } = await bench.make({ kind: "directory", directory });
  for (const index of numbers) {
    if (index % 3 === 0) await rm(join(hostPath, `d${index % 9}/f${index}`));
    else await writeFile(join(hostPath, `d${index % 9}/f${index}`), `new ${index}`);
    await layOut(hostPath, { [`added/n${index % 5}/f${index}`]: `added ${index}` });
  }
  const after = await readFiles(hostPath);
  await bench.workspaces.collect(id);

  let applied = false;
  for (let round = 0; round < 4 && !applied; round += 1) {
    const word = await runAndKill("land", [bench.dataDirectory, directory.path, id], randomInt(400));
    const again = bench.reopen();
    await again.adoptOrRemoveLeftovers(async () => true);
    await again.stop();
    applied = (await again.diff(id)).appliedAt !== null;
    if (word === "done") assert.ok(applied);
    assert.deepEqual(await readFiles(directory.path), applied ? after : before);
    assert.deepEqual(
      (await readdir(directory.path)).filter((name) => name.startsWith(".")),
      [],
    );
  }
  if (applied) return;
  const last = bench.reopen();
  await last.adoptOrRemoveLeftovers(async () => true);
  await last.apply(id, directory, undefined);
  assert.deepEqual(await readFiles(directory.path), after);
});
