import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { listProcesses, readEnvironment } from "../../packages/server/src/adapters/process/process-table.ts";
import { processVariable } from "../../packages/server/src/adapters/process/server-mark.ts";
import type { ServerProcesses } from "./processes.ts";

export interface Health {
  readonly status: string;
  readonly uptime_seconds: number;
  readonly processes: Readonly<Record<"busy" | "holding" | "clean" | "spare" | "starting" | "limit", number>>;
  readonly queue: { readonly length: number; readonly limit: number };
}

/** The part of a server that these questions need. */
interface Server {
  readonly url: string;
  readonly processes: ServerProcesses;
}

export async function readHealth({ url }: Pick<Server, "url">): Promise<Health> {
  const response = await fetch(`${url}/health`);
  return (await response.json()) as Health; // Checked where it is used.
}

/** Asks again until it holds; fails, saying what was waited for, when it does not within `withinMs`. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: string | (() => string),
  withinMs = 180_000,
): Promise<void> {
  const giveUp = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > giveUp) {
      assert.fail(`Still not so after ${withinMs} ms: ${typeof what === "string" ? what : what()}`);
    }
    await pause(20);
  }
}

/** Resolves when the server's own account fits: so many turns run, and so many requests wait. */
export function untilBusy(server: Pick<Server, "url">, busy: number, queued = 0): Promise<void> {
  return eventually(async () => {
    const { processes, queue } = await readHealth(server);
    return processes.busy === busy && queue.length === queued;
  }, `${busy} processes are busy and ${queued} requests wait`);
}

/**
 * Resolves when nothing is at work any more, and the processes that really live are those the server knows of: what was
 * to be ended is gone, what was to be replaced is there.
 */
export function untilAtRest(server: Server): Promise<void> {
  let seen = "";
  return eventually(
    async () => {
      const before = await readHealth(server);
      const living = await countTrees(server.processes);
      const { processes, queue } = await readHealth(server);
      seen = JSON.stringify({ processes, queue, living });
      const idle = processes.holding + processes.clean + processes.spare;
      const same = JSON.stringify(before.processes) === JSON.stringify(processes);
      return same && processes.busy + processes.starting + queue.length === 0 && living === idle && idle > 0;
    },
    () => `the server is at rest, with as many processes as it says: ${seen}`,
  );
}

/** How many programs the server has started that live, or of which something lives. */
async function countTrees(processes: ServerProcesses): Promise<number> {
  const trees = new Set<string>();
  for (const pid of await listProcesses()) {
    const environment = await readEnvironment(pid);
    if (!environment.some((entry) => entry.startsWith(processes))) continue;
    trees.add(environment.find((entry) => entry.startsWith(`${processVariable}=`)) ?? "unnamed");
  }
  return trees.size;
}
