import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { repositoryFolder } from "../../bench/repository-folder.ts";

/** Runs a program of `bench/` to its end, and gives its exit code with what it wrote. */
export async function runBench(
  program: string,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  // It is no test file: its parts are not to report to the test runner.
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const child = spawn(process.execPath, [join(repositoryFolder, "bench", program), ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const written = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      written[name] += text;
    });
  }
  const [code]: (number | null)[] = await once(child, "close");
  return { code: code ?? null, ...written };
}
