import { readdirSync, readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";

/** What is read here of `/proc`. Anything that cannot be read (gone, forbidden, not Linux) counts as not there. */
export interface ProcessStat {
  /** One letter, such as `S`; `Z` and `X` are dead. */
  readonly state: string;
  /** Clock ticks since boot, in digits. Together with the pid it names one process and no other. */
  readonly startTime: string;
  /** A thread of the kernel, which runs no program. */
  readonly kernel: boolean;
}

const kernelThreadFlag = 0x0020_0000;

export function readProcessStat(pid: number): ProcessStat | undefined {
  const text = readText(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The second field is the program's name in brackets, which may hold anything; the fields after it are plain.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  const startTime = fields[19];
  if (state === undefined || startTime === undefined) return undefined;
  return { state, startTime, kernel: (Number(fields[6]) & kernelThreadFlag) !== 0 };
}

/** Dead processes stay in the table until their parent has asked for how they ended. */
export function isRunning(stat: ProcessStat | undefined): stat is ProcessStat {
  return stat !== undefined && stat.state !== "Z" && stat.state !== "X";
}

/**
 * Whether a process is in the midst of an `exec`: its new memory has neither arguments nor environment yet, so that nothing
 * can be said of it. Once it has, one with an empty environment still has arguments.
 */
export function isChangingProgram(pid: number): boolean {
  const stat = readProcessStat(pid);
  return isRunning(stat) && !stat.kernel && readText(`/proc/${pid}/cmdline`) === "";
}

/** Children in the order in which they came; those it adopted come last. */
export function readChildren(pid: number): readonly number[] {
  return listDirectory(`/proc/${pid}/task`).flatMap((thread) =>
    (readText(`/proc/${pid}/task/${thread}/children`) ?? "").split(" ").filter(Boolean).map(Number),
  );
}

/** Resident memory in bytes. */
export function readResidentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/status`) ?? "")?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** All processes that this one sees. */
export async function listProcesses(): Promise<readonly number[]> {
  const names = await readdir("/proc").catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** The environment that a process was started with, as `NAME=value`; empty where it cannot be read. */
export async function readEnvironment(pid: number): Promise<readonly string[]> {
  return splitEnvironment(await readFile(`/proc/${pid}/environ`, "utf8").catch(() => ""));
}

/** The same without a pause, for the last look before a signal. */
export function readEnvironmentNow(pid: number): readonly string[] {
  return splitEnvironment(readText(`/proc/${pid}/environ`) ?? "");
}

function splitEnvironment(text: string): readonly string[] {
  return text.split("\0").filter(Boolean);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function listDirectory(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
