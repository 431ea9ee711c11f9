import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable, symlink } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { ensureBuilt } from "../../bin/launch/build.mjs";

const repository = join(import.meta.dirname, "..", "..");
const launcher = join(repository, "bin", "gantry.mjs");
const run = promisify(execFile);
// Else the first start would, and say so.
await ensureBuilt(repository);

/** The oldest Node at hand: the machine's own, where it is older than the one that runs the tests. */
const systemNode = await findSystemNode();
const started = new Set<ChildProcess>();
after(() => {
  for (const child of started) child.kill("SIGKILL");
});

async function findSystemNode(): Promise<string> {
  const folders = (process.env["PATH"] ?? "").split(":").filter((folder) => !folder.includes("node_modules"));
  const { stdout } = await run("sh", ["-c", "command -v node || true"], { env: { PATH: folders.join(":") } });
  return stdout.trim() || process.execPath;
}

/** Starts the demo model through the launcher: a command that lives until it is told to stop. */
async function startLongCommand() {
  const child = spawn(systemNode, [launcher, "demo-model"], { stdio: ["ignore", "pipe", "inherit"] });
  started.add(child);
  const exit = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /listens on http:\/\/127\.0\.0\.1:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) return { child, exit, port: Number(port) };
  }
  throw new Error("the demo model ended before it listened");
}

/** Resolves when nobody listens on the port any more. A connection is held, so that its end tells without polling. */
async function whenGone(port: number, provoke: () => void): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => {});
  socket.resume();
  // A reset is an end too, on which `once` of node:events would reject.
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  provoke();
  await closed;
}

test("the version and help come from any folder, through a link, on the machine's own Node", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry launcher "));
  const link = join(folder.path, "gantry");
  await symlink(launcher, link);
  const version = await run(systemNode, [link, "--version"], { cwd: folder.path });
  assert.match(version.stdout, /^gantry \d+\.\d+\.\d+\n$/);
  assert.equal(version.stderr, "");
  assert.match((await run(systemNode, [link, "serve", "--help"], { cwd: folder.path })).stdout, /--port N/);
});

test("a mistake ends with one line and the child's exit code", async () => {
  await assert.rejects(run(systemNode, [launcher, "serve", "--prot", "1"]), {
    code: 2,
    stdout: "",
    stderr: 'gantry: serve: unknown flag --prot (did you mean "--port"?). "gantry --help" lists what there is.\n',
  });
  await assert.rejects(run(systemNode, [launcher, "serve", "--config", "/nonexistent.json"]), {
    code: 1,
    stdout: "",
    stderr: "gantry: config file /nonexistent.json cannot be read: no such file or folder\n",
  });
});

test("a signal to the launcher stops the command in order", async () => {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    const { child, exit } = await startLongCommand();
    child.kill(signal);
    assert.deepEqual(await exit, [0, null]);
  }
});

test("a launcher that is killed takes the command with it", async () => {
  const { child, exit, port } = await startLongCommand();
  await whenGone(port, () => child.kill("SIGKILL"));
  assert.deepEqual(await exit, [null, "SIGKILL"]);
});
