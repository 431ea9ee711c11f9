import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, openSync, closeSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { readHierarchies } from "../../packages/server/src/adapters/process/limits/read-hierarchies.ts";
import { killProcessTree, readProcessTree } from "../../packages/server/src/adapters/process/process-tree.ts";
import {
  formatServerMark,
  readServerMark,
  toLeftoverPrefix,
} from "../../packages/server/src/adapters/process/server-mark.ts";
import { sweepLeftovers } from "../../packages/server/src/adapters/process/sweep.ts";
import type { WallsLimits, WallsSpec } from "../../packages/server/src/core/ports/walls-spec.ts";
import {
  collectLines,
  eventually,
  hostFor,
  type HostOptions,
  isAlive,
  repository,
  runToEnd,
  shell,
  silentLog,
  temporaryFolderFor,
} from "./hosting.ts";

const isRoot = process.getuid?.() === 0;
const megabyte = 1024 * 1024;

function within(limits: WallsLimits, more: Partial<WallsSpec> = {}): WallsSpec {
  return { owner: "project_a", network: { kind: "none" }, limits, ...more };
}

async function openHost(t: TestContext, options: HostOptions = {}) {
  const host = await hostFor(t, "bubblewrap", {}, { bounded: true, ...options });
  function makeWorkspace(): string {
    return mkdtempSync(join(host.dataDirectory, "workspace-"));
  }
  return {
    ...host,
    makeWorkspace,
    holds: (ability: "memory" | "process_count") => host.walls.enforced.includes(ability),
  };
}

test("a machine says of each bound that it is held, or why not and what to do", async (t) => {
  const { walls } = await openHost(t);
  const named = [...walls.enforced, ...walls.gaps.map(({ ability }) => ability)];
  assert.deepEqual(named.toSorted(), [
    "cpu",
    "files",
    "memory",
    "network",
    "process_count",
    "processes",
    "user",
    "wall_time",
  ]);
  for (const { reason, remedy } of walls.gaps) assert.ok(reason.length > 0 && remedy !== undefined);
  assert.equal(walls.enforced.includes("user"), isRoot);
});

test("a program that wants two gigabytes is ended, and the record says why", async (t) => {
  const host = await openHost(t);
  if (!host.holds("memory")) return t.skip("no control groups here");
  const script = "head -c 2147483648 /dev/zero | tail -c 2147483648 | wc -c; echo survived; sleep 1000";
  const hosted = await host.spawn({ ...shell(script), walls: within({ memoryBytes: 64 * megabyte }) });
  assert.equal((await hosted.exited).reason, "out_of_memory");
});

test("a fork bomb stays within its count and goes with its program", async (t) => {
  const host = await openHost(t);
  const bomb = await host.spawn({
    ...shell("bomb() { bomb | bomb & }; bomb 2>/dev/null; echo lit; sleep 1000"),
    walls: within({ processes: 40 }),
  });
  await collectLines(bomb).next();
  const other = await runToEnd(await host.spawn({ ...shell("echo still here"), walls: within({ processes: 40 }) }));
  if (isRoot) assert.deepEqual(other.lines, ["still here"]);
  const tree = readProcessTree(bomb.pid);
  // What builds the walls is in the count, or stands outside of it. A look at a tree that changes meanwhile may count one that went as well as
  // the one that took its place: the smallest of several is what there was at one time.
  const counts = Array.from({ length: 10 }, () => readProcessTree(bomb.pid).length);
  assert.ok(Math.min(tree.length, ...counts) <= 44, `${tree.length}, ${counts.join(", ")}`);
  assert.equal((await bomb.kill()).reason, "killed");
  await eventually(() => !tree.some(isAlive), "the bomb is gone");
});

test("nothing outlives its time, not even what hid in a session of its own", async (t) => {
  const host = await openHost(t);
  const script = "trap '' TERM; (setsid sh -c 'trap \"\" TERM; sleep 1000' &) ; echo ready; while :; do sleep 1; done";
  const hosted = await host.spawn({ ...shell(script), walls: within({ wallTimeMs: 1_500 }) });
  await collectLines(hosted).next();
  const tree = readProcessTree(hosted.pid);
  assert.equal((await hosted.exited).reason, "wall_time");
  await eventually(() => !tree.some(isAlive), "the tree is gone");
});

test("a daemon does not outlive the program that left it", async (t) => {
  const host = await openHost(t);
  const hosted = await host.spawn({
    ...shell("(setsid sleep 1000 >/dev/null 2>&1 &); echo ready; read go"),
    walls: within({}),
  });
  await collectLines(hosted).next();
  const tree = readProcessTree(hosted.pid);
  await hosted.writeLine("go");
  assert.deepEqual(await hosted.exited, { code: 0, signal: null, reason: "ended" });
  await eventually(() => !tree.some(isAlive), "the daemon is gone");
});

test("no single file grows beyond the workspace's bound", async (t) => {
  const host = await openHost(t);
  const workspace = { hostPath: host.makeWorkspace(), writable: true };
  const script = "head -c 5000000 /dev/zero >big 2>/dev/null; stat -c %s big";
  const { lines } = await runToEnd(
    await host.spawn({ ...shell(script), walls: within({ diskBytes: megabyte }, { workspace }) }),
  );
  assert.deepEqual(lines, [String(megabyte)]);
});

test("what a program keeps in memory as files is bounded too", async (t) => {
  const host = await openHost(t);
  const script = "for f in ~/x /tmp/x; do head -c 50000000 /dev/zero 2>/dev/null >$f; stat -c %s $f; rm $f; done";
  const { lines } = await runToEnd(
    await host.spawn({ ...shell(script), walls: within({ memoryBytes: 64 * megabyte }) }),
  );
  assert.deepEqual(lines, Array(2).fill(String(32 * megabyte)));
});

test("a workspace that fills up ends its program, and the record says why", async (t) => {
  const watchSize = (hostPath: string, limitBytes: number, onExceeded: () => void): { stop(): void } => {
    const timer = setInterval(() => {
      const sizes = readdirSync(hostPath).map((name) => statSync(join(hostPath, name)).size);
      if (sizes.reduce((sum, size) => sum + size, 0) > limitBytes) onExceeded();
    }, 20);
    return { stop: () => clearInterval(timer) };
  };
  const host = await openHost(t, { watchSize });
  assert.ok(host.walls.enforced.includes("disk"));
  const workspace = { hostPath: host.makeWorkspace(), writable: true };
  const script = "i=0; while :; do head -c 500000 /dev/zero >$i; i=$((i+1)); sleep 0.05; done";
  const hosted = await host.spawn({ ...shell(script), walls: within({ diskBytes: megabyte }, { workspace }) });
  assert.equal((await hosted.exited).reason, "disk");
});

test(
  "control groups go with their programs, and a start removes those of servers that are dead",
  { skip: !isRoot },
  async (t) => {
    const host = await openHost(t);
    if (!host.holds("process_count")) return t.skip("no control groups here");
    const prefix = toLeftoverPrefix(readServerMark("dead"));
    const listGroups = async (begin: string): Promise<string[]> => {
      const found = (await readHierarchies()).map(({ directory }) =>
        readdirSync(directory).filter((name) => name.startsWith(begin)),
      );
      return found.flat();
    };
    const own = `gantry-${process.pid}-`;
    const hosted = await host.spawn({
      ...shell("echo ready; read go"),
      walls: within({ memoryBytes: 512 * megabyte }),
    });
    await collectLines(hosted).next();
    assert.ok((await listGroups(own)).length > 0);
    await hosted.kill();
    assert.deepEqual(await listGroups(own), []);

    // A server that started before this process has this process's number no more.
    const dead = prefix.replace(formatServerMark(readServerMark("dead")).split(":")[1] ?? "", "1");
    const [hierarchy] = (await readHierarchies()).filter(({ version }) => version === 1 || isRoot);
    const directory = join(hierarchy?.directory ?? "", `${dead}process-1`);
    mkdirSync(directory);
    const left = spawn("/bin/sleep", ["1000"], { stdio: "ignore" });
    t.after(() => killProcessTree(left.pid ?? 0));
    writeFileSync(join(directory, "cgroup.procs"), String(left.pid));
    const ended = once(left, "exit");
    await sweepLeftovers({ baseDirectory: host.baseDirectory, log: silentLog });
    await ended;
    assert.deepEqual(await listGroups(dead), []);
  },
);

test("what the server was given open reaches no program", async (t) => {
  const folder = temporaryFolderFor(t);
  const secret = join(folder, "secret");
  writeFileSync(secret, "x");
  const fd = openSync(secret, "r");
  t.after(() => closeSync(fd));
  // High and behind a gap: what Node does not look after by itself.
  const stdio = ["ignore" as const, "pipe" as const, "inherit" as const, ...Array<"ignore">(40).fill("ignore"), fd];
  const program = join(repository, "test/fixtures/programs/descriptor-server.ts");
  const server = spawn(
    "/bin/sh",
    ["-c", `for n in 3 4 5 6 7 8 9; do eval "exec $n>&-"; done; exec "$@"`, "sh", process.execPath, program, folder],
    { stdio },
  );
  const output = server.stdout;
  assert.ok(output !== null);
  assert.deepEqual(JSON.parse(await text(output)), ["0", "1", "2"]);
});
