import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { FailureError } from "@gantry/contracts/errors";
import { readProcessTree } from "../../packages/server/src/adapters/process/process-tree.ts";
import { collectLines, eventually, hostFor, isAlive, runToEnd, shell } from "./hosting.ts";

function failsWith(code: string): (error: unknown) => boolean {
  return (error) => error instanceof FailureError && error.failure.code === code;
}

test("lines go in and come out whole and in order", async (t) => {
  const host = await hostFor(t, "none");
  const cat = await host.spawn({ command: "/bin/cat", args: [], env: {} });
  const output = collectLines(cat);
  const sent = ["", "plain", "ünïcödé €𝄞", "x".repeat(300_000)];
  await Promise.all(sent.map((line) => cat.writeLine(line)));
  for (const line of sent) assert.equal(await output.next(), line);
  assert.deepEqual(await cat.stop(), { code: 0, signal: null, reason: "stopped" });
});

test("a last line without a newline is delivered before the process counts as exited", async (t) => {
  const host = await hostFor(t, "none");
  assert.deepEqual(await runToEnd(await host.spawn(shell("printf 'a\\n\\nb'; exit 3"))), {
    lines: ["a", "", "b"],
    code: 3,
  });
});

test("a line holds no newline of its own", async (t) => {
  const host = await hostFor(t, "none");
  const cat = await host.spawn({ command: "/bin/cat", args: [], env: {} });
  await assert.rejects(cat.writeLine("two\nlines"), TypeError);
});

test("the environment is what was given and nothing else", async (t) => {
  const host = await hostFor(t, "none");
  const env = await host.spawn({ command: "/usr/bin/env", args: [], env: { SECRET: "a=b c", HOME: "/elsewhere" } });
  const { lines } = await runToEnd(env);
  const names = lines.map((line) => line.slice(0, line.indexOf("="))).toSorted();
  assert.deepEqual(names, ["GANTRY_OWNER", "GANTRY_PROCESS", "HOME", "PATH", "SECRET", "TMPDIR"]);
  assert.ok(lines.includes("SECRET=a=b c"));
  assert.ok(lines.includes(`HOME=${env.home}`));
});

test("a program that cannot be started is one clear failure and leaves no home", async (t) => {
  const host = await hostFor(t, "none");
  for (const command of ["/nowhere/program", "/etc/passwd", "/tmp"]) {
    await assert.rejects(host.spawn({ command, args: [], env: {} }), failsWith("agent_unavailable"));
  }
  await assert.rejects(host.spawn({ command: "/bin/cat", args: ["a\0b"], env: {} }), failsWith("agent_unavailable"));
  assert.deepEqual(readdirSync(host.baseDirectory), []);
});

test("a line over the cap is reported once and read no further", async (t) => {
  const host = await hostFor(t, "none", { maxLineBytes: 100_000 });
  const flood = await host.spawn(shell("echo first; head -c 20000000 /dev/zero; echo; echo last"));
  const output = collectLines(flood);
  await flood.exited;
  assert.deepEqual(output.lines, ["first"]);
  assert.deepEqual(output.overflows, [100_000]);
});

test("a paused reader gets nothing, makes the child block, and misses nothing", async (t) => {
  const host = await hostFor(t, "none");
  // One process that writes through a descriptor of its own, so that the kernel tells where it stands.
  const script = `awk 'BEGIN { for (i = 0; i < 100000; i++) printf "%0100d\\n", i }'`;
  const writer = await host.spawn(shell(`exec ${script}`));
  const seen: number[] = [];
  writer.readLines(
    (line) => {
      seen.push(Number(line.toString()));
      if (seen.length === 1) writer.pause();
    },
    () => assert.fail("no line is too long"),
  );
  await eventually(() => seen.length === 1 && isWritingToOutput(writer.pid), "the child blocks on its output");
  assert.ok(writtenBytes(writer.pid) < 1_000_000);
  assert.equal(seen.length, 1);
  writer.resume();
  await writer.exited;
  assert.equal(seen.length, 100_000);
  assert.ok(seen.every((value, index) => value === index));
});

test("a reader may pause and resume within its own call", async (t) => {
  const host = await hostFor(t, "none");
  const writer = await host.spawn(shell("seq 1 20000"));
  const seen: string[] = [];
  writer.readLines(
    (line) => {
      writer.pause();
      seen.push(line.toString());
      writer.resume();
    },
    () => assert.fail("no line is too long"),
  );
  await writer.exited;
  assert.equal(seen.length, 20_000);
  assert.equal(seen.at(-1), "20000");
});

test("output of nothing but newlines is read in time", async (t) => {
  const host = await hostFor(t, "none");
  const writer = await host.spawn(shell("head -c 3000000 /dev/zero | tr '\\0' '\\n'"));
  let lines = 0;
  writer.readLines(
    () => {
      lines += 1;
    },
    () => assert.fail("no line is too long"),
  );
  await writer.exited;
  assert.equal(lines, 3_000_000);
});

test("a reader that throws costs its own process and no other", async (t) => {
  const host = await hostFor(t, "none");
  const cat = await host.spawn({ command: "/bin/cat", args: [], env: {} });
  const broken = await host.spawn(shell("echo a; echo b; sleep 1000"));
  let calls = 0;
  broken.readLines(
    () => {
      calls += 1;
      throw new Error("broken reader");
    },
    () => {},
  );
  assert.equal((await broken.exited).signal, "SIGKILL");
  assert.equal(calls, 1);
  const output = collectLines(cat);
  await cat.writeLine("still here");
  assert.equal(await output.next(), "still here");
});

test("a process that nobody reads counts as exited all the same", async (t) => {
  const host = await hostFor(t, "none");
  const process = await host.spawn(shell("seq 1 100"));
  assert.equal((await process.exited).code, 0);
});

test("writing to a child that is gone rejects", async (t) => {
  const host = await hostFor(t, "none");
  const process = await host.spawn(shell("exit 0"));
  await process.exited;
  await assert.rejects(process.writeLine("too late"), failsWith("agent_failed"));
});

test("writing to a child that closed its input rejects", async (t) => {
  const host = await hostFor(t, "none");
  const process = await host.spawn(shell("exec <&-; echo closed; sleep 1000"));
  await collectLines(process).next();
  await assert.rejects(process.writeLine("nobody reads"), failsWith("agent_failed"));
  assert.ok(isAlive(process.pid));
});

test("input waits up to a bound, and what waits is rejected when the child goes", async (t) => {
  const host = await hostFor(t, "none", { maxPendingBytes: 3_000_000 });
  const process = await host.spawn(shell("sleep 1000"));
  const waiting = Promise.allSettled(["x", "y"].map((letter) => process.writeLine(letter.repeat(1_400_000))));
  await assert.rejects(process.writeLine("z".repeat(1_400_000)), failsWith("agent_failed"));
  await process.kill();
  for (const result of await waiting) {
    assert.ok(result.status === "rejected" && failsWith("agent_failed")(result.reason));
  }
});

test("only the end of standard error is kept", async (t) => {
  const host = await hostFor(t, "none", { stderrTailBytes: 100 });
  const process = await host.spawn(shell("seq 1 100000 >&2; printf end >&2"));
  await process.exited;
  assert.equal(Buffer.byteLength(process.stderrTail()), 100);
  assert.ok(process.stderrTail().endsWith("100000\nend"));
});

test("memory is that of the whole tree, and nothing once it is gone", async (t) => {
  const host = await hostFor(t, "none");
  const process = await host.spawn(shell("sleep 1000 & echo ready; wait"));
  await collectLines(process).next();
  assert.equal(readProcessTree(process.pid).length, 2);
  assert.ok(process.memoryBytes() > 100_000);
  await process.kill();
  assert.equal(process.memoryBytes(), 0);
});

test("stopping the host ends what runs and what is being started, and lets nothing start after", async (t) => {
  const host = await hostFor(t, "none");
  const running = await host.spawn(shell("sleep 1000"));
  const underWay = [1, 2, 3].map(() => host.spawn(shell("sleep 1000")));
  const outcomes = Promise.allSettled(underWay);
  await Promise.all([host.stopAll(), host.stopAll()]);
  for (const outcome of await outcomes) {
    assert.ok(outcome.status === "rejected" && failsWith("agent_unavailable")(outcome.reason));
  }
  assert.equal((await running.exited).signal, "SIGKILL");
  await assert.rejects(host.spawn(shell("sleep 1000")), failsWith("agent_unavailable"));
  assert.deepEqual(readdirSync(host.baseDirectory), []);
});

/** Whether the kernel has the process wait in a system call on descriptor 1. */
function isWritingToOutput(pid: number): boolean {
  return readFileSync(`/proc/${pid}/syscall`, "utf8").split(" ")[1] === "0x1";
}

function writtenBytes(pid: number): number {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);
}
