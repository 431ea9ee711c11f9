// `npm test`: prepares what the tests need, runs the checks, then every test of the repository in one run of Node's
// test runner, whose summary closes the output.
import { mkdir, mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBuilt } from "../bin/launch/build.mjs";
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
    await ensureBuilt(root, say);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  }
  const checked = await runSteps(staticSteps);
  const tested = await runTests();
  return checked && tested ? 0 : 1;
}

/**
 * One run of all tests; where some fail, a second one of those alone, one file after the other. What passes then
 * depends on what else the machine does: it is told, and is to be mended, but it does not stop a change.
 */
async function runTests(): Promise<boolean> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-test-"));
  const passed = join(folder.path, "passed.json");
  const home = join(folder.path, "home");
  await mkdir(home);
  if (await runTestFiles(home, passed, 2)) return true;
  say("What failed is run once more, by itself. A test that passes only then is one to mend.");
  // Awaited here: the folder goes with this function.
  return await runTestFiles(home, passed, 1);
}

/** `passed` is the file in which the runner keeps what has passed; what it names already is not run again. */
async function runTestFiles(home: string, passed: string, concurrency: number): Promise<boolean> {
  const args = [
    "--disable-warning=ExperimentalWarning",
    `--import=${import.meta.resolve("./file-deadline.ts")}`,
    "--test",
    "--test-reporter=spec",
    // Each file in a process of its own: a test that breaks one takes nothing else along.
    `--test-concurrency=${concurrency}`,
    "--test-timeout=600000",
    `--test-rerun-failures=${passed}`,
    "packages/**/*.test.ts",
    "test/**/*.test.ts",
  ];
  const { code } = await runCommand(process.execPath, args, { env: testEnvironment(home), show: true });
  return code === 0;
}

function say(line: string): void {
  console.error(`gantry: ${line}`);
}
