import { execFile } from "node:child_process";
import { join } from "node:path";
import { ensureBuilt } from "../../bin/launch/build.mjs";

const program = await ensureBuilt(join(import.meta.dirname, "..", ".."));

/** Runs the program through pipes. The environment is exactly what is given. */
export function runCli(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  input = "",
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...argv], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}
