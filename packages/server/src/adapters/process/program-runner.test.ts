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
  assert.deepEqual(result, { outcome: "ended", code: 3, stdout: "out yes\n", stderr: "err\n" });
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
