import { setTimeout as pause } from "node:timers/promises";
import { readResidentBytes } from "../../packages/server/src/adapters/process/process-table.ts";
import { median } from "../measure/quantiles.ts";

const everyMs = 100;
/** A single look may fall before or after a garbage collection: so many neighbours are taken together. */
const neighbours = 9;

/** Looks at a process's resident memory for so long, and gives the looks in bytes. */
export async function watchMemory(pid: number, ms: number, signal: AbortSignal): Promise<readonly number[]> {
  const looks: number[] = [];
  const endsAt = performance.now() + ms;
  do {
    signal.throwIfAborted();
    looks.push(readResidentBytes(pid));
    await pause(everyMs);
  } while (performance.now() < endsAt);
  return looks;
}

export function atBeginning(looks: readonly number[]): number {
  return median(looks.slice(0, neighbours));
}

export function atEnd(looks: readonly number[]): number {
  return median(looks.slice(-neighbours));
}
