import { setTimeout as pause } from "node:timers/promises";
import { isChangingProgram, listProcesses, readEnvironment, readEnvironmentNow } from "./process-table.ts";
import { sendSignal } from "./send-signal.ts";

/** How many processes are looked at side by side. */
const breadth = 32;
/** A process that forks faster than it is killed must not keep the server here for ever. */
const mostRounds = 200;
/** Nor must one that hides what it is; a change of program takes far less. */
const mostUnclearRounds = 50;
const betweenRoundsMs = 5;

type IsMarked = (environment: readonly string[]) => boolean;

/**
 * Kills every process whose environment says so, and looks again until none is left: they are found wherever they have
 * put themselves (own session, own group, adopted by another). Resolves with how many there were.
 * Finds nothing outside Linux, and nothing whose environment may not be read.
 */
export async function killMarked(isMarked: IsMarked): Promise<number> {
  const killed = new Set<number>();
  let unclearRounds = 0;
  for (let round = 0; round < mostRounds; round += 1) {
    const { marked, unclear } = await findMarked(isMarked);
    for (const pid of marked) {
      // The pid may have been given away since: the last look and the signal lie side by side.
      if (!isMarked(readEnvironmentNow(pid))) continue;
      sendSignal(pid, "SIGKILL");
      killed.add(pid);
    }
    if (marked.length === 0) {
      unclearRounds += 1;
      if (!unclear || unclearRounds > mostUnclearRounds) break;
    }
    // Not the clock's timer: at a server's start this may be the only thing that keeps the program alive.
    await pause(betweenRoundsMs);
  }
  return killed.size;
}

/** `unclear` says that some process showed no environment because it was just changing its program. */
async function findMarked(
  isMarked: IsMarked,
): Promise<{ readonly marked: readonly number[]; readonly unclear: boolean }> {
  const pids = (await listProcesses()).filter((pid) => pid !== process.pid);
  const marked: number[] = [];
  let unclear = false;
  for (let start = 0; start < pids.length; start += breadth) {
    const looks = pids.slice(start, start + breadth).map(async (pid) => {
      const environment = await readEnvironment(pid);
      if (isMarked(environment)) marked.push(pid);
      else if (environment.length === 0 && isChangingProgram(pid)) unclear = true;
    });
    await Promise.all(looks);
  }
  return { marked, unclear };
}
