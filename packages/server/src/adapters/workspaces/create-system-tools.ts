import type { OwnerIds } from "../../core/ports/workspaces.ts";
import type { ProgramRunner } from "../../core/ports/program-runner.ts";
import { findProgram } from "./create-git.ts";

/**
 * What the system's own programs do best in a tree that somebody hostile has made: they hold each folder open while they are in it, so
 * that no link leads them out, and no depth is too much for them.
 */
export interface SystemTools {
  /** Removes a folder with all that is in it. Resolves also where nothing is there. */
  remove(path: string): Promise<void>;
  /** Gives a folder and all in it to a user; what links point at stays. */
  giveTo(path: string, ids: OwnerIds): Promise<void>;
  /** Resolves when all that was written to the file system of a folder is on the disk: one call for any number of files. */
  flush(path: string): Promise<void>;
  /** Bytes on the disk; what cannot be looked at is not counted. */
  usageBytes(path: string): Promise<number>;
}

const timeoutMs = 600_000;

export function createSystemTools(runner: ProgramRunner, path: string): SystemTools {
  const run = async (name: string, ...args: readonly string[]) =>
    runner.run({ command: await findProgram(name, path), args, env: { PATH: path, LC_ALL: "C" }, timeoutMs });
  const insist = async (name: string, ...args: readonly string[]): Promise<void> => {
    const { outcome, code, stderr } = await run(name, ...args);
    if (outcome !== "ended" || code !== 0) throw new Error(`${name}: ${outcome} (${code}): ${stderr.trim()}`);
  };

  return {
    async remove(folder) {
      const { code } = await run("rm", "-rf", "--", folder);
      if (code === 0) return;
      // Folders that their owner has closed to himself.
      await run("chmod", "-R", "u+rwX", folder);
      await insist("rm", "-rf", "--", folder);
    },
    giveTo: (folder, { uid, gid }) => insist("chown", "-hR", `${uid}:${gid}`, folder),
    async flush(folder) {
      const { code } = await run("sync", "-f", folder);
      if (code !== 0) await insist("sync");
    },
    async usageBytes(folder) {
      const { stdout } = await run("du", "-sk", folder);
      return Number(/^(\d+)\s/.exec(stdout)?.[1] ?? 0) * 1024;
    },
  };
}
