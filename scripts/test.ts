// `npm test`: prepares what the tests need, runs the checks, then every test of the repository in one run of Node's
// test runner, whose summary closes the output.
import { mkdir, mkdtempDisposable, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareTests } from "./prepare-tests.ts";
import { runCommand } from "./run-command.ts";
import { runSteps, staticSteps } from "./run-steps.ts";
import { testEnvironment } from "./test-environment.ts";

/** One more than the smallest machine has processors: most files wait for a child of theirs a third of their time. */
const filesAtOnce = 3;
/** So many broken files are no accident of the machine. */
const mostRepeated = 20;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    await prepareTests(say);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  }
  const checked = await runSteps(staticSteps);
  const tested = await runTests();
  return checked && tested ? 0 : 1;
}

/**
 * One run of all tests; where some fail, a second one of their files alone, one after the other. What passes then depends
 * on what else the machine does: it is told, and is to be mended, but it does not stop a change.
 */
async function runTests(): Promise<boolean> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-test-"));
  const home = join(folder.path, "home");
  await mkdir(home);
  const list = join(folder.path, "failed.txt");
  if (await runTestFiles(home, list, filesAtOnce, ["test/**/*.test.ts"])) return true;
  const failed = (await readFile(list, "utf8")).split("\n").filter((file) => file !== "");
  if (failed.length === 0 || failed.length > mostRepeated) return false;
  say(`These are run once more, by themselves; one that passes only then is one to mend:\n  ${failed.join("\n  ")}`);
  // Awaited here: the folder goes with this function.
  return await runTestFiles(home, list, 1, failed);
}

/** `list` is the file into which the paths of those go that fail. */
async function runTestFiles(
  home: string,
  list: string,
  concurrency: number,
  files: readonly string[],
): Promise<boolean> {
  const args = [
    "--disable-warning=ExperimentalWarning",
    `--import=${import.meta.resolve("./file-deadline.ts")}`,
    "--test",
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    `--test-reporter=${import.meta.resolve("./failed-files.ts")}`,
    `--test-reporter-destination=${list}`,
    // Each file has a process of its own: a test that breaks one takes nothing else along.
    `--test-concurrency=${concurrency}`,
    "--test-timeout=600000",
    ...files,
  ];
  const { code } = await runCommand(process.execPath, args, { env: testEnvironment(home), show: true });
  return code === 0;
}

function say(line: string): void {
  console.error(`gantry: ${line}`);
}
