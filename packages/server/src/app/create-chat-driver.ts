import { randomUUID } from "node:crypto";
import { createClaudeDriver } from "../adapters/drivers/claude/claude-driver.ts";
import { systemClock } from "../core/ports/clock.ts";
import type { Driver } from "../core/ports/driver.ts";
import type { EgressDoors } from "../core/ports/egress-door.ts";
import type { Log } from "../core/ports/log.ts";
import type { ModelDoors } from "../core/ports/model-door.ts";
import type { ProcessHost } from "../core/ports/process-host.ts";
import type { OpenUpstream } from "./claude-upstream.ts";
import type { Config } from "./config.ts";

interface DriverParts {
  readonly config: Config;
  readonly claude: { readonly path: string };
  readonly upstream: OpenUpstream;
  readonly doors: ModelDoors | undefined;
  readonly egress: EgressDoors | undefined;
  readonly host: ProcessHost;
  readonly log: Log;
}

/** The driver of agents that chat, without tools. */
export function createChatDriver({ config, claude, upstream, doors, egress, host, log }: DriverParts): Driver {
  return createClaudeDriver({
    host,
    clock: systemClock,
    log,
    binary: claude.path,
    upstream: upstream.upstream,
    deadlines: {
      startMs: config.deadlines.startMs,
      settleMs: Math.min(10_000, config.deadlines.firstByteMs),
      interruptMs: 2_000,
    },
    createId: randomUUID,
    doors,
    egress,
  });
}
