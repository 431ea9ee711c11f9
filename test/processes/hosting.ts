import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import {
  createProcessHost,
  type ProcessHostOptions,
  type StoppableProcessHost,
} from "../../packages/server/src/adapters/process/process-host.ts";
import { openResourceLimits } from "../../packages/server/src/adapters/process/limits/open-resource-limits.ts";
import type { ProcessLimits } from "../../packages/server/src/adapters/process/process-limits.ts";
import { isRunning, readProcessStat } from "../../packages/server/src/adapters/process/process-table.ts";
import { createProgramRunner } from "../../packages/server/src/adapters/process/program-runner.ts";
import { readServerMark, toLeftoverPrefix } from "../../packages/server/src/adapters/process/server-mark.ts";
import { createBubblewrapSandbox } from "../../packages/server/src/adapters/sandbox/bubblewrap/bubblewrap-sandbox.ts";
import { probeBubblewrap } from "../../packages/server/src/adapters/sandbox/bubblewrap/probe-bubblewrap.ts";
import { openHostUsers } from "../../packages/server/src/adapters/sandbox/host-users.ts";
import { createNoneSandbox } from "../../packages/server/src/adapters/sandbox/none/none-sandbox.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import type { Log } from "../../packages/server/src/core/ports/log.ts";
import type { HostedProcess } from "../../packages/server/src/core/ports/process-host.ts";
import type { Sandbox } from "../../packages/server/src/core/ports/sandbox.ts";

/** Users for the programs of tests, beside those of servers that run on this machine meanwhile. */
const userRange = { first: 1_890_000_000, last: 1_890_065_535 };

export type SandboxKind = "none" | "bubblewrap";

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** The repository, which no program behind walls may see. */
export const repository = join(import.meta.dirname, "../..");

export interface HostOptions extends Pick<ProcessHostOptions, "watchSize"> {
  /** Whether the kernel's bounds are looked for, which takes a moment. */
  readonly bounded?: boolean;
}

const runner = createProgramRunner(systemClock);
/** What can be had does not change while a file of tests runs. */
let probed: ReturnType<typeof probeBubblewrap> | undefined;

/** A host as the server wires it. `bubblewrap` fails where it cannot be had: walls that are not tested are no walls. */
export async function createTestHost(
  kind: SandboxKind,
  baseDirectory: string,
  limits: Partial<ProcessLimits> = {},
  dataDirectory = baseDirectory,
  { watchSize, bounded = false }: HostOptions = {},
): Promise<StoppableProcessHost> {
  const server = readServerMark(randomBytes(4).toString("hex"));
  const namePrefix = toLeftoverPrefix(server);
  const sandbox = await createTestSandbox(kind, baseDirectory, namePrefix, dataDirectory);
  const resources = bounded
    ? await openResourceLimits({ runner, namePrefix, separateUsers: kind === "bubblewrap" })
    : undefined;
  return createProcessHost({
    ...(watchSize === undefined ? {} : { watchSize }),
    ...(resources === undefined ? {} : { resources }),
    sandbox,
    server,
    clock: systemClock,
    log: silentLog,
    limits,
  });
}

async function createTestSandbox(
  kind: SandboxKind,
  baseDirectory: string,
  namePrefix: string,
  dataDirectory: string,
): Promise<Sandbox> {
  if (kind === "none") return createNoneSandbox({ baseDirectory, namePrefix });
  const probe = await (probed ??= probeBubblewrap({
    runner,
    searchPath: "/usr/local/bin:/usr/bin:/bin",
    platform: process.platform,
    sampleUser: { uid: userRange.last, gid: userRange.last },
  }));
  if (!probe.available) assert.fail(`${probe.reason} ${probe.remedy}`);
  const { command, userNamespace, sizesFolders, report, setpriv } = probe;
  const tableFile = join(dataDirectory, "users.json");
  return createBubblewrapSandbox({
    command,
    userNamespace,
    sizesFolders,
    report,
    baseDirectory,
    namePrefix,
    users:
      setpriv === undefined
        ? undefined
        : { setpriv, hostUsers: await openHostUsers({ tableFile, range: userRange, taken: new Set() }) },
    dataDirectory,
    hiddenPaths: [repository, dataDirectory],
  });
}

/** A host for one test. After it, everything is ended and no file is left. */
export async function hostFor(
  t: TestContext,
  kind: SandboxKind,
  limits: Partial<ProcessLimits> = {},
  more: HostOptions = {},
): Promise<StoppableProcessHost & { readonly baseDirectory: string; readonly dataDirectory: string }> {
  const dataDirectory = realpathSync(makeTemporaryFolder());
  const baseDirectory = join(dataDirectory, "run");
  mkdirSync(baseDirectory);
  const host = await createTestHost(kind, baseDirectory, limits, dataDirectory, more);
  t.after(async () => {
    await host.stopAll();
    const left = readdirSync(baseDirectory);
    rmSync(dataDirectory, { recursive: true });
    assert.deepEqual(left, []);
  });
  return { ...host, baseDirectory, dataDirectory };
}

export function temporaryFolderFor(t: TestContext): string {
  const folder = makeTemporaryFolder();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function makeTemporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "gantry-test-"));
}

/** A shell as the child. */
export function shell(script: string, env: Readonly<Record<string, string>> = {}) {
  return { command: "/bin/sh", args: ["-c", script], env };
}

/** Collects lines of a process; `next` waits for the one that was not asked for yet. */
export function collectLines(process: HostedProcess) {
  const lines: string[] = [];
  const overflows: number[] = [];
  let wake = (): void => {};
  let asked = 0;
  process.readLines(
    (line) => {
      lines.push(line.toString("utf8"));
      wake();
    },
    (limitBytes) => {
      overflows.push(limitBytes);
      wake();
    },
  );
  async function next(): Promise<string> {
    let ended = false;
    void process.exited.then(() => {
      ended = true;
      wake();
    });
    while (lines.length <= asked) {
      if (ended) assert.fail(`The process ended first. ${process.stderrTail()}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    asked += 1;
    return lines[asked - 1] ?? "";
  }
  return { lines, overflows, next };
}

/** Runs to the end, and answers what was said. */
export async function runToEnd(
  process: HostedProcess,
): Promise<{ readonly lines: readonly string[]; readonly code: number | null }> {
  const { lines } = collectLines(process);
  const { code } = await process.exited;
  return { lines, code };
}

/** Whether a process lives; one that waits to be reaped by its parent does not. */
export function isAlive(pid: number): boolean {
  return isRunning(readProcessStat(pid));
}

/** Looks again and again until it holds; fails when it does not within a minute. */
export async function eventually(holds: () => boolean, what: string): Promise<void> {
  const giveUp = performance.now() + 180_000;
  while (!holds()) {
    if (performance.now() > giveUp) assert.fail(`Still not so: ${what}`);
    await pause(10);
  }
}
