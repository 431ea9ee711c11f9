import { readlinkSync } from "node:fs";
import { isRunning, readProcessStat } from "./process-table.ts";

/** Names one server among all that ever ran, so that what it left behind can be told from what a living one owns. */
export interface ServerMark {
  readonly pid: number;
  /** Start of the server in clock ticks since boot; `0` outside Linux. */
  readonly startTime: string;
  /** Lower-case letters and digits drawn anew by each server. */
  readonly instance: string;
  /** Number of the PID namespace: in another namespace the same pid is another process. `0` outside Linux. */
  readonly pidNamespace: string;
}

/** Environment variables by which hosted processes are found in the process table. */
export const ownerVariable = "GANTRY_OWNER";
export const processVariable = "GANTRY_PROCESS";

/** The mark of this very process. */
export function readServerMark(instance: string): ServerMark {
  if (!/^[a-z0-9]+$/.test(instance)) throw new TypeError("Expected an instance of lower-case letters and digits.");
  const startTime = readProcessStat(process.pid)?.startTime ?? "0";
  return { pid: process.pid, startTime, instance, pidNamespace: readPidNamespace() };
}

export function readPidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0";
  }
}

export function formatServerMark(mark: ServerMark): string {
  return `${mark.pid}:${mark.startTime}:${mark.instance}:${mark.pidNamespace}`;
}

/** Undefined for anything that is not a mark. */
export function parseServerMark(text: string): ServerMark | undefined {
  const parts = /^([1-9]\d{0,9}):(\d+):([a-z0-9]+):(\d+)$/.exec(text);
  if (parts === null) return undefined;
  const [, pid = "", startTime = "", instance = "", pidNamespace = ""] = parts;
  return { pid: Number(pid), startTime, instance, pidNamespace };
}

/** How names of files and folders begin that a server lays out on the host; {@link parseLeftoverName} reads it back. */
export function toLeftoverPrefix(mark: ServerMark): string {
  return `gantry-${formatServerMark(mark).replaceAll(":", "-")}-`;
}

/** The mark of the server that laid out a file or folder; undefined where the name is not one of ours. */
export function parseLeftoverName(name: string): ServerMark | undefined {
  const parts = /^gantry-(\d+-\d+-[a-z0-9]+-\d+)-/.exec(name)?.[1];
  return parts === undefined ? undefined : parseServerMark(parts.replaceAll("-", ":"));
}

/** Whether the server still runs, judged in this process's own PID namespace. */
export function isServerAlive(mark: ServerMark): boolean {
  if (mark.startTime === "0") return answersSignals(mark.pid);
  const stat = readProcessStat(mark.pid);
  return isRunning(stat) && stat.startTime === mark.startTime;
}

/** For systems without `/proc`: a pid that was given away again counts as alive, which errs on the safe side. */
function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
