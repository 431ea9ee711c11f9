import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { sendSignal } from "../../packages/server/src/adapters/process/send-signal.ts";
import { sweepLeftovers } from "../../packages/server/src/adapters/process/sweep.ts";
import {
  eventually,
  hostFor,
  isAlive,
  repository,
  shell,
  silentLog,
  temporaryFolderFor,
  type SandboxKind,
} from "./hosting.ts";

/** A server in a process of its own, with the pids of the tree that it hosts. */
async function startServer(t: TestContext, kind: SandboxKind, baseDirectory: string) {
  const program = join(repository, "test/fixtures/programs/hosting-server.ts");
  const server = spawn(process.execPath, [program, kind, baseDirectory], { stdio: ["ignore", "pipe", "inherit"] });
  const tree: number[] = [];
  t.after(async () => {
    await endServer(server);
    for (const pid of tree) sendSignal(pid, "SIGKILL");
    await eventually(() => !tree.some(isAlive), "nothing of the server is left");
  });
  const [line] = await once(createInterface(server.stdout), "line");
  tree.push(...JSON.parse(String(line)));
  return { server, tree };
}

async function endServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, "exit");
  server.kill("SIGKILL");
  await exited;
}

test("behind walls nothing lives on when the server is killed", async (t) => {
  const { server, tree } = await startServer(t, "bubblewrap", temporaryFolderFor(t));
  assert.ok(tree.length >= 5, tree.join());
  assert.ok(tree.every(isAlive));
  await endServer(server);
  await eventually(() => !tree.some(isAlive), "the tree is gone");
});

test("a start ends what a killed server left behind, and nothing of a living one", async (t) => {
  const baseDirectory = temporaryFolderFor(t);
  const dead = await startServer(t, "none", baseDirectory);
  const living = await startServer(t, "none", baseDirectory);
  const walled = await startServer(t, "bubblewrap", baseDirectory);
  const own = await hostFor(t, "none");
  const mine = await own.spawn(shell("sleep 1000"));
  await endServer(dead.server);
  assert.ok(dead.tree.every(isAlive));
  assert.equal(readdirSync(baseDirectory).length, 2);

  const swept = await sweepLeftovers({ baseDirectory, log: silentLog });

  await eventually(() => !dead.tree.some(isAlive), "the leftovers are gone");
  assert.ok([...living.tree, ...walled.tree, mine.pid].every(isAlive));
  // At least: what another test run left behind when it was killed is swept as well.
  assert.ok(swept.processes >= dead.tree.length);
  assert.equal(swept.folders, 1);
  assert.equal(readdirSync(baseDirectory).length, 1);

  await endServer(living.server);
  await Promise.all([1, 2].map(() => sweepLeftovers({ baseDirectory, log: silentLog })));
  assert.deepEqual(readdirSync(baseDirectory), []);
});

test("a sweep leaves alone what is not a server's", async (t) => {
  const baseDirectory = temporaryFolderFor(t);
  mkdirSync(join(baseDirectory, "gantry-notes"));
  writeFileSync(join(baseDirectory, "admin.key"), "");
  assert.equal((await sweepLeftovers({ baseDirectory, log: silentLog })).folders, 0);
  assert.deepEqual(readdirSync(baseDirectory), ["admin.key", "gantry-notes"]);
});

test("a sweep of a folder that is not there removes nothing", async (t) => {
  const baseDirectory = join(temporaryFolderFor(t), "missing");
  assert.equal((await sweepLeftovers({ baseDirectory, log: silentLog })).folders, 0);
});
