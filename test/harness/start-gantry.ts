import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, mkdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ensureBuilt } from "../../bin/launch/build.mjs";
import { serverFlags } from "../../bin/launch/server-flags.mjs";
import { claudeVersions, findClaudeVersion, type ClaudeVersion } from "./claude-versions.ts";
import { processesOf, waitUntilNone, type ServerProcesses } from "./processes.ts";

export interface GantryOptions {
  /** A tested release, or the path of any program in the CLI's place. Without it the server finds one by itself. */
  readonly claude?: ClaudeVersion | (string & {});
  /** Variables besides PATH and HOME; nothing else is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** Flags behind `serve`, after those the harness gives. */
  readonly flags?: readonly string[];
  /** Data directory of the caller's own, which outlives the server. Without it, a new one that goes with the server. */
  readonly data?: string;
  /** Base URL of a Messages API in place of the server's own demo model. */
  readonly upstream?: string;
  /** Whether to wait until a turn can be served (default), or only until the server listens. */
  readonly untilReady?: boolean;
}

/** A server that runs in a process of its own. */
export interface Gantry {
  /** Without a slash at its end. */
  readonly url: string;
  /** The admin key. */
  readonly key: string;
  readonly pid: number;
  readonly dataDirectory: string;
  /** For `findProcesses` and `waitUntilNone`; good after the server's end too. */
  readonly processes: ServerProcesses;
  /** What it has printed so far. */
  stdout(): string;
  /** Its log so far: one JSON object a line. */
  stderr(): string;
  /** Resolves with the exit code, or the signal's name, when the server is gone for whatever reason. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /**
   * Sends SIGTERM, asserts that the server exits with 0 and leaves no process, and removes its files. On a server that
   * is gone already it only removes its files. May be called twice.
   */
  stop(): Promise<void>;
  /** Kills the server alone, and resolves when it is gone. What it started may still live: see `waitUntilNone`. */
  kill9(): Promise<void>;
}

const startMs = 120_000;
const stopMs = 120_000;
/** Servers that run. What is left of them when its test file is over would keep the file's process for ever. */
const running = new Set<ChildProcess>();
// The benches start servers too, and have no tests.
// Hooks run in the order in which they are made: this one behind those of the file itself, which stop its servers.
if (process.env["NODE_TEST_CONTEXT"] !== undefined) setImmediate(() => after(endLeftServers));

/**
 * Starts `serve --demo` on a free port, with a home and a data directory of its own and nothing of this process's
 * environment but PATH. Rejects with the server's own words where it ends or is not ready within two minutes.
 * The server ends by itself when this process does.
 */
export async function startGantry(options: GantryOptions = {}): Promise<Gantry> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-e2e-"));
  const dataDirectory = options.data ?? join(folder, "data");
  const home = join(folder, "home");
  await mkdir(home);
  const entry = await ensureBuilt(join(import.meta.dirname, "..", ".."));
  const args = [...serverFlags, entry, "serve", ...toFlags(options), "--port", "0", "--data", dataDirectory];
  const child = spawn(process.execPath, args, {
    env: toEnvironment(options, home),
    cwd: home,
    // The channel is the server's lifeline: it stops when its parent is gone.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const run = watch(child);
  running.add(child);
  void run.exited.then(() => running.delete(child));
  try {
    const url = await untilListening(run, options.untilReady ?? true);
    void run.exited.then((code) => tellOfFall(code, run));
    const key = (await readFile(join(dataDirectory, "admin.key"), "utf8")).trim();
    assert.ok(child.pid);
    const processes = processesOf(child.pid);
    return {
      url,
      key,
      pid: child.pid,
      dataDirectory,
      processes,
      ...run,
      ...createEnding(child, run, processes, folder),
    };
  } catch (error) {
    child.kill("SIGKILL");
    await run.exited;
    await removeFolder(folder);
    throw error;
  }
}

/** What its test sees of it is a connection that was reset. */
function tellOfFall(code: number | NodeJS.Signals, run: Run): void {
  if (code === 0 || typeof code === "string") return;
  process.stderr.write(`A server ended with ${code} by itself; the end of its log:\n${run.stderr().slice(-4000)}\n`);
}

function endLeftServers(): void {
  const left = [...running];
  for (const child of left) child.kill("SIGKILL");
  assert.equal(left.length, 0, "A test did not stop its server.");
}

function toFlags({ upstream, flags = [] }: GantryOptions): string[] {
  return [upstream === undefined ? "--demo" : "--no-demo", ...flags];
}

function toEnvironment({ claude, env = {}, upstream }: GantryOptions, home: string): Record<string, string> {
  const version = claudeVersions.find((known) => known === claude);
  const program = version === undefined ? claude : findClaudeVersion(version);
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    ...(program !== undefined && { GANTRY_CLAUDE_BIN: program }),
    ...(upstream !== undefined && { ANTHROPIC_BASE_URL: upstream, ANTHROPIC_API_KEY: "fake" }),
    ...env,
  };
}

interface Run {
  stdout(): string;
  stderr(): string;
  readonly exited: Promise<number | NodeJS.Signals>;
  hasExited(): boolean;
}

function watch(child: ChildProcess): Run {
  const written = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (chunk: string) => {
      written[name] += chunk;
    });
  }
  // "close", not "exit": everything it wrote has been read then.
  const exited = once(child, "close").then(
    ([code, signal]: (number | NodeJS.Signals | null)[]) => code ?? signal ?? -1,
  );
  return {
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    exited,
    hasExited: () => child.exitCode !== null || child.signalCode !== null,
  };
}

async function untilListening(run: Run, untilReady: boolean): Promise<string> {
  const giveUp = performance.now() + startMs;
  for (;;) {
    const url = /listens on (http:\/\/\S+)/.exec(run.stdout())?.[1];
    if (url !== undefined && (!untilReady || (await isReady(url)))) return url;
    const problem = run.hasExited()
      ? `ended with ${await run.exited}`
      : performance.now() > giveUp
        ? `is not ready after ${startMs} ms`
        : undefined;
    if (problem !== undefined) assert.fail(`The server ${problem}.\n${run.stdout()}\n${run.stderr()}`);
    await pause(10);
  }
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/ready`).catch(() => undefined);
  await response?.arrayBuffer();
  return response?.status === 200;
}

function createEnding(child: ChildProcess, run: Run, processes: ServerProcesses, folder: string) {
  let stopped: Promise<void> | undefined;

  async function stop(): Promise<void> {
    try {
      if (run.hasExited()) return;
      child.kill("SIGTERM");
      const late = new AbortController();
      const end = await Promise.race([run.exited, pause(stopMs, "late" as const, { signal: late.signal })]);
      late.abort();
      if (end === "late") child.kill("SIGKILL");
      assert.equal(end, 0, `The server did not stop as it should.\n${run.stderr()}`);
      await waitUntilNone(processes, 0);
    } finally {
      await run.exited;
      await removeFolder(folder);
    }
  }

  return {
    stop: () => (stopped ??= stop()),
    async kill9() {
      child.kill("SIGKILL");
      await run.exited;
    },
  };
}

/** Processes of a killed server may still be writing. */
function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}
