import assert from "node:assert/strict";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { findPostgresPrograms, type PostgresPrograms } from "./postgres-programs.ts";

export interface LocalPostgres {
  /** Of the database `postgres`, through a socket in a folder that nobody else may enter. */
  readonly url: string;
  kill9(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const run = promisify(execFile);
/** PostgreSQL refuses to run as root. */
const nobody = { uid: 65_534, gid: 65_534 };
const superuser = "postgres";
const startMs = 120_000;
const stopMs = 60_000;

/** Small, so that it starts quickly beside others; what it promises about durability is untouched. */
const settings = [
  "listen_addresses=",
  "fsync=on",
  "synchronous_commit=on",
  "shared_buffers=32MB",
  "max_connections=100",
  "log_min_messages=warning",
];

/**
 * Makes a database cluster in a temporary folder and starts PostgreSQL on it, as an unprivileged user where this
 * process is root. It ends, and its folder goes, when this process does.
 */
export async function startLocalPostgres(): Promise<LocalPostgres> {
  const programs = await findPostgresPrograms();
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? nobody : {};
  const folder = await mkdtemp(join(tmpdir(), "gantry-postgres-"));
  if (isRoot) await chown(folder, nobody.uid, nobody.gid);
  const server = createServer(programs, folder, user);
  try {
    await run(
      programs.initdb,
      ["-D", join(folder, "data"), "-U", superuser, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
      { cwd: folder, ...user },
    );
    await server.restart();
    return { url: `postgresql://${superuser}@${encodeURIComponent(folder)}/postgres`, ...server };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function createServer(programs: PostgresPrograms, folder: string, user: Partial<typeof nobody>) {
  // Away from the terminal's group: an interrupt of the tests must not end the watchman before the server.
  const options = { cwd: folder, detached: true, ...user } as const;
  const watchman = spawn("sh", ["-c", watchmanScript], { ...options, stdio: ["pipe", "ignore", "ignore"] });
  let server: ChildProcess | undefined;
  let starts = 0;
  let stopped: Promise<void> | undefined;

  async function start(): Promise<void> {
    starts += 1;
    // A file, not a pipe: a server whose words nobody reads stands still as soon as the pipe is full.
    const log = join(folder, `log-${starts}`);
    await using file = await open(log, "a");
    const args = ["-D", join(folder, "data"), "-k", folder, ...settings.flatMap((setting) => ["-c", setting])];
    server = spawn(programs.postgres, args, { ...options, stdio: ["ignore", "ignore", file.fd] });
    await untilReady(server, log);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = server;
    server = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const late = setTimeout(() => ending.kill("SIGKILL"), stopMs);
    const gone = once(ending, "close");
    ending.kill(signal);
    await gone;
    clearTimeout(late);
  }

  async function stop(): Promise<void> {
    // PostgreSQL's fast shutdown: open connections are ended.
    await end("SIGINT");
    const dismissed = once(watchman, "close");
    watchman.stdin.end("dismissed\n");
    await dismissed;
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }

  return { kill9: () => end("SIGKILL"), restart: start, stop: () => (stopped ??= stop()) };
}

/**
 * Reads a line: with one it was dismissed; at the end of the input this process is gone, and the server has to go. The
 * file with its pid is what tells when it has: a process that nobody waits for keeps its pid.
 */
const watchmanScript = `
if read -r line; then exit 0; fi
folder=$PWD
tries=0
while [ -s data/postmaster.pid ] && [ $tries -lt 100 ]; do
  kill -INT "$(head -n 1 data/postmaster.pid)" 2>/dev/null
  sleep 0.1
  tries=$((tries + 1))
done
cd / && rm -rf "$folder"
`;

/** Resolves when the log says that connections are taken; fails with the log when the server ends or takes too long. */
async function untilReady(server: ChildProcess, log: string): Promise<void> {
  const giveUp = performance.now() + startMs;
  for (;;) {
    const said = await readFile(log, "utf8");
    if (said.includes("ready to accept connections")) return;
    const ended = server.exitCode !== null || server.signalCode !== null;
    if (ended || performance.now() > giveUp) {
      server.kill("SIGKILL");
      assert.fail(`PostgreSQL ${ended ? "ended" : `is not ready after ${startMs} ms`}.\n${said}`);
    }
    await pause(10);
  }
}
