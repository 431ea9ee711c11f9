import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { lstat, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { test } from "node:test";
import { layOut, openBench, readFiles, summarise } from "./test-workspaces.ts";

test("at a start the living are taken over, and of the dead what they made is kept", async (context) => {
  const bench = await openBench(context);
  const make = async (runId: string) => {
    const made = await bench.make({ kind: "empty" }, { owner: { kind: "run", id: runId } });
    await layOut(made.hostPath, { "made.txt": runId });
    return made;
  };
  const [alive, dead] = [await make("run_alive"), await make("run_dead")];
  const again = bench.reopen();
  assert.equal(again.find(alive.id), undefined);
  const report = await again.adoptOrRemoveLeftovers(async ({ owner }) => owner.id === "run_alive");
  await again.stop();
  assert.deepEqual(report, { adopted: 1, removed: 1 });
  assert.deepEqual(again.find(alive.id), alive);
  assert.deepEqual(await readFiles(alive.hostPath), { "made.txt": "run_alive" });
  assert.equal(again.findByOwner("run_dead")?.state, "removed");
  await assert.rejects(lstat(dead.hostPath), { code: "ENOENT" });
  const list = (await again.artifacts(dead.id)) ?? assert.fail();
  assert.deepEqual(summarise(list).changes, ["added made.txt"]);
  const content = (await again.open(dead.id, list.items[0]?.id ?? "")) ?? assert.fail();
  assert.equal(Buffer.concat(await Array.fromAsync(content.chunks)).toString(), "run_dead");
});

test("what a crash left half made or half removed goes, whatever it is", async (context) => {
  const bench = await openBench(context);
  const { id, hostPath } = await bench.make();
  const root = join(bench.dataDirectory, "workspaces");
  await layOut(root, {
    "wksp_a.making/tree/x": "1",
    "wksp_b.removing/tree/x": "1",
    "wksp_c/record.json": "{",
    "wksp_d/tree/x": "no record",
    [`${id}/tree.removing/x`]: "1",
    file: "1",
  });
  const again = bench.reopen();
  assert.deepEqual(await again.adoptOrRemoveLeftovers(async () => true), { adopted: 1, removed: 5 });
  assert.deepEqual(await readdir(root), [id]);
  assert.deepEqual((await readdir(join(root, id))).toSorted(), ["base.git", "record.json", "tree"]);
  assert.ok((await lstat(hostPath)).isDirectory());
});

test("a folder goes in the background, twice if asked, and its artifacts go when their time is over", async (context) => {
  const bench = await openBench(context);
  const { workspaces, dataDirectory, time } = bench;
  time.now = Date.now();
  const [one, two] = [await bench.make(), await bench.make()];
  for (const { id, hostPath } of [one, two]) {
    await layOut(hostPath, { shared: "shared", own: id });
    await mkdir(join(hostPath, "closed"), { mode: 0o000 });
    await workspaces.collect(id);
  }
  await Promise.all([workspaces.remove(one.id), workspaces.remove(one.id)]);
  await workspaces.stop();
  await assert.rejects(lstat(one.hostPath), { code: "ENOENT" });
  assert.equal(workspaces.find(one.id)?.state, "removed");
  assert.deepEqual((await workspaces.diff(one.id)).changes, { added: 2, modified: 0, deleted: 0 });
  await workspaces.forgetOld();
  assert.equal((await workspaces.artifacts(one.id))?.items.length, 2);

  const blobs = async () =>
    (await readdir(join(dataDirectory, "artifacts"), { recursive: true })).filter((name) => name.length > 2);
  assert.equal((await blobs()).length, 3);
  time.now += 7_200_000;
  await workspaces.forgetOld();
  assert.equal(workspaces.find(one.id), undefined);
  assert.equal(await workspaces.artifacts(one.id), undefined);
  assert.equal((await blobs()).length, 2);
  assert.equal((await workspaces.artifacts(two.id))?.items.length, 2);
});

test("a size watch tells once that a folder has outgrown its limit", async (context) => {
  const { make, workspaces } = await openBench(context);
  const { id, hostPath } = await make();
  await writeFile(join(hostPath, "small"), "x".repeat(10_000));
  assert.ok((await workspaces.usageBytes(id)) < 1_000_000);
  const { promise, resolve } = Promise.withResolvers<number>();
  const watch = workspaces.watchSize(id, 1_000_000, resolve);
  await writeFile(join(hostPath, "large"), "x".repeat(3_000_000));
  assert.ok((await promise) > 1_000_000);
  watch.stop();
  watch.stop();
});

/** Runs the program and kills it some time after it has begun. Gives its last word. */
async function runAndKill(what: string, args: readonly string[], afterMs: number): Promise<string> {
  const program = join(import.meta.dirname, "test-crashing-program.ts");
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
    const whole = again.find(id);
    if (word === "done") assert.ok(whole);
    if (whole !== undefined) assert.equal(Object.keys(await readFiles(whole.hostPath)).length, 300);
    else assert.deepEqual((await readdir(join(bench.dataDirectory, "workspaces"))).filter((name) => name.includes(id)), []);
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
  for (let round = 0; round < 6 && !applied; round += 1) {
    const word = await runAndKill("land", [bench.dataDirectory, directory.path, id], randomInt(400));
    const again = bench.reopen();
    await again.adoptOrRemoveLeftovers(async () => true);
    applied = (await again.diff(id)).appliedAt !== null;
    if (word === "done") assert.ok(applied);
    assert.deepEqual(await readFiles(directory.path), applied ? after : before);
    assert.deepEqual((await readdir(directory.path)).filter((name) => name.startsWith(".")), []);
  }
  if (applied) return;
  const last = bench.reopen();
  await last.adoptOrRemoveLeftovers(async () => true);
  await last.apply(id, directory, undefined);
  assert.deepEqual(await readFiles(directory.path), after);
});
