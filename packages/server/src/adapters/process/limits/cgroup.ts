import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { sendSignal } from "../send-signal.ts";
import type { Controller, Hierarchy } from "./find-cgroups.ts";
import type { TreeBounds } from "./resource-limits.ts";

/** One control group of ours. */
export interface Cgroup {
  readonly version: Hierarchy["version"];
  readonly directory: string;
}

const cpuPeriodUs = 100_000;

/** Makes a group under `parent` that holds to the bounds. Rejects with the system's error, leaving nothing behind. */
export async function createCgroup(parent: Hierarchy, name: string, bounds: TreeBounds): Promise<Cgroup> {
  const group: Cgroup = { version: parent.version, directory: join(parent.directory, name) };
  await mkdir(group.directory);
  try {
    for (const controller of parent.controllers) await bind(group, controller, bounds);
    return group;
  } catch (error) {
    await rmdir(group.directory);
    throw error;
  }
}

async function bind({ version, directory }: Cgroup, controller: Controller, bounds: TreeBounds): Promise<void> {
  const { memoryBytes, cpuCores, processes } = bounds;
  const write = (file: string, value: number | string): Promise<void> =>
    writeFile(join(directory, file), String(value));
  if (controller === "memory" && memoryBytes !== undefined) {
    const isNew = version === 2;
    await write(isNew ? "memory.max" : "memory.limit_in_bytes", memoryBytes);
    // Swap, where the kernel counts it, is no way around the bound; where it does not, there is no such file.
    await write(isNew ? "memory.swap.max" : "memory.memsw.limit_in_bytes", isNew ? 0 : memoryBytes).catch(() => {});
    if (isNew) await write("memory.oom.group", 1).catch(() => {});
  }
  if (controller === "cpu" && cpuCores !== undefined) {
    const quota = Math.max(1_000, Math.round(cpuCores * cpuPeriodUs));
    if (version === 2) return await write("cpu.max", `${quota} ${cpuPeriodUs}`);
    await write("cpu.cfs_period_us", cpuPeriodUs);
    await write("cpu.cfs_quota_us", quota);
  }
  if (controller === "pids" && processes !== undefined) await write("pids.max", processes);
}

/** Where a process writes 0 to enter. */
export function toEntry({ directory }: Cgroup): string {
  return join(directory, "cgroup.procs");
}

/** How often the kernel ended a process of the group for want of memory; 0 where nobody counts. */
export async function readOutOfMemory({ version, directory }: Cgroup): Promise<number> {
  const file = join(directory, version === 2 ? "memory.events" : "memory.oom_control");
  const text = await readFile(file, "utf8").catch(() => "");
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
}

const mostRounds = 200;
const betweenRoundsMs = 5;

/** Ends all that is in a group and removes it. Resolves with whether it is gone. */
export async function removeCgroup({ directory }: Pick<Cgroup, "directory">): Promise<boolean> {
  for (let round = 0; round < mostRounds; round += 1) {
    const gone = await rmdir(directory).then(
      () => true,
      (error: unknown) => error instanceof Error && "code" in error && error.code === "ENOENT",
    );
    if (gone) return true;
    const inside = await readFile(join(directory, "cgroup.procs"), "utf8").catch(() => "");
    for (const pid of inside.split("\n").map(Number)) if (pid > 1) sendSignal(pid, "SIGKILL");
    // Not the clock's timer: at a server's start this may be the only thing that keeps the program alive.
    await pause(betweenRoundsMs);
  }
  return false;
}
