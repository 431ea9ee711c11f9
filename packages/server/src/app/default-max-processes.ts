import type { ConfigSources } from "./config.ts";

/** As many CLI processes as half of the memory holds, and as the cores can be kept busy with. */
export function defaultMaxProcesses({ memoryBytes, cores }: ConfigSources["machine"]): number {
  const byMemory = Math.floor(memoryBytes / 2 / (350 * 1024 * 1024));
  return Math.max(2, Math.min(byMemory, Math.max(16, 4 * cores)));
}
