// `npm test`: prepares what the tests need, runs the checks, then every test of the repository in one run of Node's
// test runner, whose summary closes the output.
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureInstalled } from "../bin/launch/install.mjs";
import { ensureBubblewrap } from "./ensure-bubblewrap.ts";
import { root, runCommand } from "./run-command.ts";
import { runSteps, staticSteps } from "./run-steps.ts";
import { testEnvironment } from "./test-environment.ts";

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    // One after the other, so that what they say stays readable.
    await ensureBubblewrap();
    await ensureInstalled(join(root, "test", "claude-2.1.197"), "production", say);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  }
  const checked = await runSteps(staticSteps);
  const tested = await runTests();
  return checked && tested ? 0 : 1;
}

async function runTests(): Promise<boolean> {
  await using home = await mkdtempDisposable(join(tmpdir(), "gantry-test-"));
  const args = [
    "--disable-warning=ExperimentalWarning",
    "--test",
    "--test-reporter=spec",
    // Each file in a process of its own: a test that breaks one takes nothing else along. A file that hangs is ended.
    "--test-concurrency=2",
    "--test-timeout=600000",
    "packages/**/*.test.ts",
    "test/**/*.test.ts",
  ];
  const { code } = await runCommand(process.execPath, args, { env: testEnvironment(home.path), show: true });
  return code === 0;
}

function say(line: string): void {
  console.error(`gantry: ${line}`);
}
