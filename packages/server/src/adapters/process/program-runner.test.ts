import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../core/ports/clock.ts";
import { createProgramRunner } from "./program-runner.ts";

const runner = createProgramRunner(systemClock);

function runShell(script: string, timeoutMs = 60_000) {
  return runner.run({ command: "/bin/sh", args: ["-c", script], env: { GIVEN: "yes" }, timeoutMs });
}

test("a program's code and words come back, and it reads an empty input", async () => {
  const result = await runShell("cat; echo out $GIVEN; echo err >&2; exit 3");
  const output = Buffer.from("out yes\n");
  assert.deepEqual(
    { ...result, output: Buffer.from(result.output) },
    { outcome: "ended", code: 3, stdout: "out yes\n", output, outputCut: false, stderr: "err\n" },
  );
});

async function* bytes(count: number, failing = false) {
  for (let sent = 0; sent < count; sent += 65_536) yield new Uint8Array(65_536);
  if (failing) throw new Error("no more");
}

const shell = { command: "/bin/sh", env: {}, timeoutMs: 60_000 };

test("a program reads its input, and its output is kept up to the bound asked for", async () => {
  const args = ["-c", "wc -c; printf '\\377\\000'"];
  const counted = await runner.run({ ...shell, args, input: bytes(3_276_800) });
  assert.deepEqual([counted.code, counted.output.at(-2), counted.output.at(-1)], [0, 0xff, 0]);
  assert.match(counted.stdout, /^\s*3276800\n/);
  const cut = await runner.run({ ...shell, args: ["-c", "cat"], input: bytes(200_000), maxOutputBytes: 70_000 });
  assert.deepEqual([cut.code, cut.output.length, cut.outputCut], [0, 70_000, true]);
});

test("a program that reads no input, or whose input breaks off, does not hang", async () => {
  assert.equal((await runner.run({ ...shell, args: ["-c", "exit 5"], input: bytes(9_000_000) })).code, 5);
  const broken = await runner.run({ ...shell, args: ["-c", "cat >/dev/null; exit 0"], input: bytes(70_000, true) });
  assert.equal(broken.code, null);
});

test("a program that is not there is a result", async () => {
  const result = await runner.run({ command: "/nowhere/program", args: [], env: {}, timeoutMs: 60_000 });
  assert.equal(result.outcome, "not_started");
  assert.match(result.stderr, /ENOENT/);
});

test("a program that takes too long is killed with what it started", async () => {
  const result = await runShell("sleep 1000 & echo $!; wait", 50);
  assert.equal(result.outcome, "timed_out");
  assert.equal(result.code, null);
});

test("output beyond a megabyte is dropped and does not hold the program up", async () => {
  const result = await runShell("head -c 5000000 /dev/zero; exit 4");
  assert.equal(result.code, 4);
  assert.equal(result.stdout.length, 1024 * 1024);
});
