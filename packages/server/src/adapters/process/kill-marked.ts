import { setTimeout as pause } from "node:timers/promises";
import { listProcesses, readEnvironment, readEnvironmentNow } from "./process-table.ts";
import { sendSignal } from "./send-signal.ts";

/** How many processes are looked at side by side. */
const breadth = 32;
/** A process that forks faster than it is killed must not keep the server here for ever. */
const mostRounds = 200;
const betweenRoundsMs = 5;

/**
 * Kills every process whose environment says so, and looks again until none is left: they are found wherever they have
 * put themselves (own session, own group, adopted by another). Resolves with how many there were.
 * Finds nothing outside Linux, and nothing whose environment may not be read.
 */
export async function killMarked(isMarked: (environment: readonly string[]) => boolean): Promise<number> {
  const killed = new Set<number>();
  for (let round = 0; round < mostRounds; round += 1) {
    const found = await findMarked(isMarked);
    if (found.length === 0) break;
    for (const pid of found) {
      // The pid may have been given away since: the last look and the signal lie side by side.
      if (!isMarked(readEnvironmentNow(pid))) continue;
      sendSignal(pid, "SIGKILL");
      killed.add(pid);
    }
    // Not the clock's timer: at a server's start this may be the only thing that keeps the program alive.
    await pause(betweenRoundsMs);
  }
  return killed.size;
}

async function findMarked(isMarked: (environment: readonly string[]) => boolean): Promise<readonly number[]> {
  const pids = (await listProcesses()).filter((pid) => pid !== process.pid);
  const found: number[] = [];
  for (let start = 0; start < pids.length; start += breadth) {
    const batch = pids.slice(start, start + breadth);
    const marked = await Promise.all(batch.map(async (pid) => isMarked(await readEnvironment(pid))));
    found.push(...batch.filter((_, index) => marked[index]));
  }
  return found;
}
