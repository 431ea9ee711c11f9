import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../core/ports/log.ts";
import { killMarked } from "./kill-marked.ts";
import { sweepCgroups } from "./limits/sweep-cgroups.ts";
import { isServerAlive, ownerVariable, parseLeftoverName, parseServerMark, readPidNamespace } from "./server-mark.ts";

export interface SweepOptions {
  /** Where the sandboxes lay out files and folders. It belongs to the servers of one machine (or one container) alone. */
  readonly baseDirectory: string;
  readonly log: Log;
}

export interface SweepResult {
  /** Processes that were ended. */
  readonly processes: number;
  /** Files and folders that were removed. */
  readonly folders: number;
}

/**
 * Clears away what servers that are dead left behind: their processes first, then their control groups and private folders. What belongs to a
 * living server, to this one too, is not touched; neither are processes of a server in another PID namespace (a
 * container), whose life cannot be judged from here.
 */
export async function sweepLeftovers({ baseDirectory, log }: SweepOptions): Promise<SweepResult> {
  const processes = await killMarked(isLeftover(readPidNamespace()));
  await sweepCgroups(log);
  let folders = 0;
  for (const name of await readdir(baseDirectory).catch(() => [])) {
    const mark = parseLeftoverName(name);
    if (mark === undefined || isServerAlive(mark)) continue;
    try {
      await rm(join(baseDirectory, name), { recursive: true, force: true });
      folders += 1;
    } catch (error) {
      log.warn({ err: error, name }, "A leftover could not be removed.");
    }
  }
  return { processes, folders };
}

function isLeftover(pidNamespace: string): (environment: readonly string[]) => boolean {
  const prefix = `${ownerVariable}=`;
  return (environment) => {
    const entry = environment.find((variable) => variable.startsWith(prefix));
    const mark = entry === undefined ? undefined : parseServerMark(entry.slice(prefix.length));
    return mark !== undefined && mark.pidNamespace === pidNamespace && !isServerAlive(mark);
  };
}
