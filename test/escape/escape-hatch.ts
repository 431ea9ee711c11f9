import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { readProcessTree } from "../../packages/server/src/adapters/process/process-tree.ts";
import type { HostOptions } from "../processes/hosting.ts";

/** Measures the files of a folder again and again. */
export const watchSize: NonNullable<HostOptions["watchSize"]> = (hostPath, limitBytes, onExceeded) => {
  const timer = setInterval(() => {
    const sizes = readdirSync(hostPath).map(
      (name) => statSync(join(hostPath, name), { throwIfNoEntry: false })?.size ?? 0,
    );
    if (sizes.reduce((sum, size) => sum + size, 0) > limitBytes) onExceeded();
  }, 50);
  return { stop: () => clearInterval(timer) };
};

/** Processes of the machine that have the words in their command line, as the host sees them. */
export function findMarked(words: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && readCommandLine(pid).includes(words));
}

function readCommandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

export const listTree = readProcessTree;

/** Waits until it holds; fails after a minute. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const giveUp = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > giveUp) assert.fail(`Still not so: ${what}`);
    await pause(30);
  }
}
