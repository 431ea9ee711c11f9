import assert from "node:assert/strict";
import { test } from "node:test";
import { readProcessTree } from "../../packages/server/src/adapters/process/process-tree.ts";
import { sendSignal } from "../../packages/server/src/adapters/process/send-signal.ts";
import { collectLines, eventually, hostFor, isAlive, type SandboxKind, shell } from "./hosting.ts";

const kinds: readonly SandboxKind[] = ["none", "bubblewrap"];
/** Deadlines that a program which obeys never meets. */
const patient = { closeInputMs: 60_000, terminateMs: 60_000 };

for (const kind of kinds) {
  test(`${kind}: a stop lets a program end at the end of its input`, async (t) => {
    const host = await hostFor(t, kind, patient);
    const process = await host.spawn(shell("cat; exit 7"));
    const [first, second] = await Promise.all([process.stop(), process.stop()]);
    assert.deepEqual(first, { code: 7, signal: null, reason: "stopped" });
    assert.deepEqual(second, first);
    assert.deepEqual(await process.stop(), first);
  });

  test(`${kind}: a program that ignores the end of its input is told to end, itself and not its wall`, async (t) => {
    const host = await hostFor(t, kind, { closeInputMs: 10, terminateMs: 60_000 });
    const process = await host.spawn(shell("trap 'exit 43' TERM; echo ready; while :; do sleep 0.05; done"));
    await collectLines(process).next();
    assert.equal((await process.stop()).code, 43);
  });

  test(`${kind}: a program that ignores everything is killed with all it started`, async (t) => {
    const host = await hostFor(t, kind, { closeInputMs: 10, terminateMs: 10 });
    const process = await host.spawn(
      shell("trap '' TERM; setsid sleep 1000 & echo ready; while :; do sleep 0.05; done"),
    );
    await collectLines(process).next();
    const tree = readProcessTree(process.pid);
    assert.equal((await process.stop()).signal, "SIGKILL");
    await eventually(() => !tree.some(isAlive), "the tree is gone");
  });

  test(`${kind}: a kill during a stop is not kept waiting`, async (t) => {
    const host = await hostFor(t, kind, patient);
    const process = await host.spawn(shell("echo ready; sleep 1000"));
    await collectLines(process).next();
    const stopped = process.stop();
    assert.equal((await process.kill()).signal, "SIGKILL");
    assert.equal((await stopped).signal, "SIGKILL");
    assert.equal((await process.kill()).signal, "SIGKILL");
  });

  test(`${kind}: a program that blocks on its output can still end by itself when stopped`, async (t) => {
    const host = await hostFor(t, kind, patient);
    const process = await host.spawn(shell("seq 1 1000000; cat; exit 5"));
    process.readLines(
      () => process.pause(),
      () => {},
    );
    assert.equal((await process.stop()).code, 5);
  });

  test(`${kind}: a kill right after the start leaves nothing`, async (t) => {
    const host = await hostFor(t, kind);
    const processes = await Promise.all(
      Array.from({ length: 8 }, () => host.spawn(shell("setsid sleep 1000 & sleep 1000"))),
    );
    const trees = processes.flatMap((process) => readProcessTree(process.pid));
    await Promise.all(processes.map((process) => process.kill()));
    await eventually(() => !trees.some(isAlive), "the trees are gone");
  });

  test(`${kind}: what a program leaves running when it ends by itself is ended too`, async (t) => {
    const host = await hostFor(t, kind);
    const process = await host.spawn(shell("setsid sleep 1000 & echo ready; read go; exit 9"));
    const output = collectLines(process);
    await output.next();
    const tree = readProcessTree(process.pid);
    await process.writeLine("go");
    assert.equal((await process.exited).code, 9);
    await eventually(() => !tree.some(isAlive), "the tree is gone");
  });
}

test("none: a survivor that hid its marks and holds the output does not hold up the exit", async (t) => {
  const host = await hostFor(t, "none", { drainMs: 20 });
  const process = await host.spawn(shell("env -i setsid sleep 1000 & echo $!; read go; exit 0"));
  const output = collectLines(process);
  const hidden = Number(await output.next());
  t.after(() => sendSignal(hidden, "SIGKILL"));
  await process.writeLine("go");
  assert.equal((await process.exited).code, 0);
});

test("none: a survivor that hid its marks and floods the output does not hold up the exit", async (t) => {
  const host = await hostFor(t, "none", { drainMs: 20 });
  const process = await host.spawn(shell(`env -i setsid yes ${"y".repeat(60_000)} & read go; exit 0`));
  const flooded = new Promise<void>((resolve) => {
    process.readLines(
      (line) => line.length === 60_000 && resolve(),
      () => assert.fail("no line is too long"),
    );
  });
  await flooded;
  const [, hidden] = readProcessTree(process.pid);
  t.after(() => sendSignal(hidden ?? assert.fail("no survivor"), "SIGKILL"));
  await process.writeLine("go");
  assert.equal((await process.exited).code, 0);
});

test("none: a kill reaches descendants that hid their marks", async (t) => {
  const host = await hostFor(t, "none");
  const process = await host.spawn(shell("env -i setsid sleep 1000 & echo $!; wait"));
  const hidden = Number(await collectLines(process).next());
  await eventually(() => readProcessTree(process.pid).includes(hidden), "it has been started");
  await process.kill();
  await eventually(() => !isAlive(hidden), "it is gone");
});
