import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** The oldest release that the client is written for. */
const oldest = 9;
const newest = 15;

/**
 * The oldest Python of this machine that the client is meant for, by the path of its program; undefined where there is none. A name on
 * the path may be a launcher that finds its program by settings of its owner, so that the program itself is asked where it lies.
 */
export async function findPython(): Promise<string | undefined> {
  const named = Array.from({ length: newest - oldest + 1 }, (_, index) => `python3.${oldest + index}`);
  for (const name of [...named, "python3", "python"]) {
    const path = await askPython(name);
    if (path !== undefined) return path;
  }
  return undefined;
}

async function askPython(name: string): Promise<string | undefined> {
  const question = `import sys; print(sys.executable if sys.version_info >= (3, ${oldest}) else "")`;
  // A name that is not there, or whose program is gone.
  const answer = await promisify(execFile)(name, ["-c", question]).catch(() => undefined);
  return answer?.stdout.trim() || undefined;
}
