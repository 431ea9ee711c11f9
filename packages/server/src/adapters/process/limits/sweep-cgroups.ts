import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../../core/ports/log.ts";
import { isServerAlive, parseLeftoverName, readPidNamespace } from "../server-mark.ts";
import { removeCgroup } from "./cgroup.ts";
import { readHierarchies } from "./read-hierarchies.ts";

/** Ends what is left in the control groups of servers that are dead, and removes them. */
export async function sweepCgroups(log: Log): Promise<void> {
  const pidNamespace = readPidNamespace();
  for (const { directory } of await readHierarchies()) {
    for (const name of await readdir(directory).catch(() => [])) {
      const mark = parseLeftoverName(name);
      if (mark === undefined || mark.pidNamespace !== pidNamespace || isServerAlive(mark)) continue;
      const isGone = await removeCgroup({ directory: join(directory, name) });
      if (!isGone) log.warn({ name }, "A control group that was left over could not be removed.");
    }
  }
}
