import { readFileSync } from "node:fs";
import { readResidentBytes } from "../../packages/server/src/adapters/process/process-table.ts";
import { readProcessTree } from "../../packages/server/src/adapters/process/process-tree.ts";

/**
 * Memory of processes and all their descendants in bytes. A page that several share counts once in all (Pss); for a
 * process whose pages may not be looked at, its resident memory stands in. What is gone counts nothing.
 */
export function readTreeMemory(roots: readonly number[]): number {
  const pids = new Set(roots.flatMap(readProcessTree));
  return [...pids].reduce((sum, pid) => sum + (readProportionalBytes(pid) ?? readResidentBytes(pid)), 0);
}

function readProportionalBytes(pid: number): number | undefined {
  try {
    const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/** Looks at the memory again and again until stopped; `stop` gives the highest value seen. */
export function watchPeakMemory(roots: () => readonly number[], everyMs: number): { stop(): number } {
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, readTreeMemory(roots()));
  };
  look();
  const timer = setInterval(look, everyMs);
  return {
    stop() {
      clearInterval(timer);
      look();
      return peak;
    },
  };
}
