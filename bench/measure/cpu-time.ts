import { readFileSync } from "node:fs";
import { readProcessTree } from "../../packages/server/src/adapters/process/process-tree.ts";

/** Linux reports processor time in hundredths of a second, on every architecture. */
const tickMs = 10;

interface CpuTime {
  /** User and system time of the process in milliseconds. */
  readonly own: number;
  /** The same of its children that have ended and were waited for, and of theirs. */
  readonly endedChildren: number;
}

/** Processor time in milliseconds that these processes and their descendants, living and ended, have used so far. */
export function readTreeCpuMs(roots: readonly number[]): number {
  const pids = new Set(roots.flatMap(readProcessTree));
  return [...pids].map(readCpuTime).reduce((sum, { own, endedChildren }) => sum + own + endedChildren, 0);
}

/** Processor time in milliseconds of the children of this very process that have ended, and of theirs. */
export function readEndedChildrenCpuMs(): number {
  return readCpuTime(process.pid).endedChildren;
}

function readCpuTime(pid: number): CpuTime {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return { own: 0, endedChildren: 0 };
  }
  // The second field is the program's name in brackets, which may hold anything; the fields after it are plain.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticks = (first: number): number => Number(fields[first] ?? 0) + Number(fields[first + 1] ?? 0);
  return { own: ticks(11) * tickMs, endedChildren: ticks(13) * tickMs };
}
