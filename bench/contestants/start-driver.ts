import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { createClaudeDriver } from "../../packages/server/src/adapters/drivers/claude/claude-driver.ts";
import { createProcessHost } from "../../packages/server/src/adapters/process/process-host.ts";
import { createProgramRunner } from "../../packages/server/src/adapters/process/program-runner.ts";
import { readServerMark } from "../../packages/server/src/adapters/process/server-mark.ts";
import { openWalls } from "../../packages/server/src/app/open-walls.ts";
import { createSecret } from "../../packages/server/src/app/secret.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import type { Driver } from "../../packages/server/src/core/ports/driver.ts";
import type { Log } from "../../packages/server/src/core/ports/log.ts";
import type { ModelDoors } from "../../packages/server/src/core/ports/model-door.ts";
import type { ProcessHost } from "../../packages/server/src/core/ports/process-host.ts";
import type { Arena } from "./contestant.ts";

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export interface StartedDriver {
  readonly driver: Driver;
  readonly host: ProcessHost;
  /** The processes it has started and that still run, each standing for its descendants too. */
  roots(): readonly number[];
  /** Kills everything it has started. */
  stop(): Promise<void>;
}

export interface DriverChoice {
  readonly sandbox: "auto" | "none";
  /** Whether the kernel's bounds are set. */
  readonly bounded: boolean;
  /** How the CLI reaches its model; straight over the host's network where it is undefined. */
  readonly doors: ModelDoors | undefined;
}

/** Straight to the upstream: what the way through the server costs is the server's share. */
const asServed: DriverChoice = { sandbox: "auto", bounded: true, doors: undefined };

/** The product's own process host, walls and driver, as the server wires them, in this very process. */
export async function startDriver(
  { upstream, claude, folder }: Arena,
  { sandbox: kind, bounded, doors }: DriverChoice = asServed,
): Promise<StartedDriver> {
  const clock = systemClock;
  const server = readServerMark(randomBytes(6).toString("hex"));
  const data = await mkdtemp(join(folder, "driver-"));
  const cliEnvironment = createSecret({ PATH: process.env["PATH"] ?? "" });
  const config = { sandbox: kind, sandboxUsers: undefined, sandboxImage: "", cliEnvironment, dataDirectory: data };
  const { sandbox, resources } = await openWalls(config, createProgramRunner(clock), server, data);
  const bounds = { memoryBytes: 4096 * 1024 * 1024, processes: 512 };
  const held = bounded && resources !== undefined ? { resources, bounds } : {};
  const host = createProcessHost({ sandbox, ...held, server, clock, log: silentLog });
  const roots = new Set<number>();
  const driver = createClaudeDriver({
    host: noteStarts(host, roots),
    clock,
    log: silentLog,
    binary: claude.path,
    upstream: {
      credentialKind: "api-key",
      variables: { ANTHROPIC_BASE_URL: upstream.url, ANTHROPIC_API_KEY: "bench" },
      retries: 2,
    },
    deadlines: { startMs: 120_000, settleMs: 10_000, interruptMs: 2_000 },
    createId: randomUUID,
    doors,
  });
  return { driver, host, roots: () => [...roots], stop: () => host.stopAll() };
}

function noteStarts(host: ProcessHost, roots: Set<number>): ProcessHost {
  return {
    async spawn(spec) {
      const hosted = await host.spawn(spec);
      roots.add(hosted.pid);
      void hosted.exited.then(() => roots.delete(hosted.pid));
      return hosted;
    },
  };
}
