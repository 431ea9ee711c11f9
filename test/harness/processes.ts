import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import {
  isRunning,
  listProcesses,
  readChildren,
  readEnvironment,
  readProcessStat,
} from "../../packages/server/src/adapters/process/process-table.ts";
import { ownerVariable } from "../../packages/server/src/adapters/process/server-mark.ts";

/** Tells the processes of one server from all others, also when the server is gone and its pid is given away. */
export type ServerProcesses = string;

/** Names the processes of a server. Call it while the server lives. */
export function processesOf(serverPid: number): ServerProcesses {
  const stat = readProcessStat(serverPid);
  assert.ok(isRunning(stat), `no server runs with pid ${serverPid}`);
  return `${ownerVariable}=${serverPid}:${stat.startTime}:`;
}

/**
 * Finds the living processes of a server: those whose environment carries its mark, and all that descend from them
 * (behind walls the CLI does not see the mark). Ascending pids.
 */
export async function findProcesses(processes: ServerProcesses): Promise<readonly number[]> {
  const found = new Set<number>();
  for (const pid of await listProcesses()) {
    const environment = await readEnvironment(pid);
    if (environment.some((entry) => entry.startsWith(processes))) addTree(pid, found);
  }
  return [...found].toSorted((left, right) => left - right);
}

/** Resolves when none is left; fails, naming those that are, after `withinMs`. */
export async function waitUntilNone(processes: ServerProcesses, withinMs = 60_000): Promise<void> {
  const giveUp = performance.now() + withinMs;
  for (let left = await findProcesses(processes); left.length > 0; left = await findProcesses(processes)) {
    if (performance.now() > giveUp) assert.fail(`still running after ${withinMs} ms: ${left.join(", ")}`);
    await pause(10);
  }
}

function addTree(pid: number, found: Set<number>): void {
  if (found.has(pid) || !isRunning(readProcessStat(pid))) return;
  found.add(pid);
  for (const child of readChildren(pid)) addTree(child, found);
}
