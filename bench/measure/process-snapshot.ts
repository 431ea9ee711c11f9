import { isRunning, readProcessStat } from "../../packages/server/src/adapters/process/process-table.ts";
import { readProcessTree } from "../../packages/server/src/adapters/process/process-tree.ts";

/** Names processes beyond their end: a pid may be given away again, a pid with its start may not. */
export type ProcessSnapshot = ReadonlyMap<number, string>;

/** Notes a process and its descendants as they are now. */
export function takeSnapshot(roots: readonly number[]): ProcessSnapshot {
  const snapshot = new Map<number, string>();
  for (const pid of roots.flatMap(readProcessTree)) {
    const stat = readProcessStat(pid);
    if (isRunning(stat)) snapshot.set(pid, stat.startTime);
  }
  return snapshot;
}

/** Those of a snapshot that still live. */
export function findAlive(snapshot: ProcessSnapshot): readonly number[] {
  return [...snapshot.entries()].flatMap(([pid, startTime]) => {
    const stat = readProcessStat(pid);
    return isRunning(stat) && stat.startTime === startTime ? [pid] : [];
  });
}
