// `npm run coverage`: runs the tests and tells which lines of the packages they run, those of servers that they start
// included. `npm run coverage -- FILE...` takes test files, and then holds no threshold. The report lies in `coverage/`.
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { listCode } from "./coverage/list-code.ts";
import { readyForReport } from "./coverage/ready-for-report.ts";
import { prepareTests } from "./prepare-tests.ts";
import { root, runCommand } from "./run-command.ts";
import { testEnvironment } from "./test-environment.ts";

/** Percent of the lines that hold code. */
const thresholds = [
  { name: "all packages", folder: "packages/", percent: 80 },
  { name: "the core", folder: "packages/server/src/core/", percent: 90 },
];

const folder = join(root, "coverage");
const raw = join(folder, "raw");

process.exitCode = await main(process.argv.slice(2));

async function main(files: readonly string[]): Promise<number> {
  await prepareTests((line) => console.error(`gantry: ${line}`));
  await rm(folder, { recursive: true, force: true });
  const home = join(folder, "home");
  for (const each of [raw, home]) await mkdir(each, { recursive: true });
  // Whether they pass is for `npm test` to say: Node hands on to every program that it is to count, and a test that looks
  // into what the CLI's environment holds finds that.
  if (!(await runTests(home, files))) console.log("some tests failed; the lines that they ran count all the same");
  // What they left in their home is no part of the report.
  await rm(home, { recursive: true, force: true });
  const { files: code, without } = await listCode();
  await readyForReport(raw);
  const reported = await report(without);
  await rm(raw, { recursive: true });
  const enough = (await tell(code)) || files.length > 0;
  return reported && enough ? 0 : 1;
}

/** All tests, or those of the files. */
async function runTests(home: string, files: readonly string[]): Promise<boolean> {
  const args = [
    "--disable-warning=ExperimentalWarning",
    "--test",
    "--test-reporter=dot",
    "--test-timeout=900000",
    "--test-concurrency=3",
    ...(files.length > 0 ? files : ["test/**/*.test.ts"]),
  ];
  const env = { ...testEnvironment(home), NODE_V8_COVERAGE: raw };
  return (await runCommand(process.execPath, args, { env, show: true })).code === 0;
}

/** `without` holds no code, and would count as code that never ran. */
async function report(without: readonly string[]): Promise<boolean> {
  const sources = ["contracts", "sdk", "ai-sdk-provider", "server"].map((name) => `--src=packages/${name}/src`);
  const args = [
    "report",
    `--temp-directory=${raw}`,
    `--reports-dir=${folder}`,
    ...["lcovonly", "html", "json-summary"].map((reporter) => `--reporter=${reporter}`),
    "--include=packages/*/src/**/*.ts",
    ...["**/*.test.ts", "**/test-*.ts", ...without].map((file) => `--exclude=${file}`),
    // Files that no test loads are told too.
    "--all",
    ...sources,
    "--exclude-after-remap",
    "--merge-async",
  ];
  return (await runCommand("c8", args, { show: true })).code === 0;
}

/** Prints a line for each threshold; true where all are kept. */
async function tell(code: readonly string[]): Promise<boolean> {
  const summary: Record<string, { lines: { total: number; covered: number } }> = JSON.parse(
    await readFile(join(folder, "coverage-summary.json"), "utf8"),
  );
  const kept = thresholds.map(({ name, folder: within, percent }) => {
    const counted = code.filter((file) => file.startsWith(within)).map((file) => summary[join(root, file)]?.lines);
    const sum = (key: "total" | "covered") => counted.reduce((total, lines) => total + (lines?.[key] ?? 0), 0);
    const reached = (100 * sum("covered")) / Math.max(1, sum("total"));
    console.log(`${name}: ${reached.toFixed(1)} % of ${sum("total")} lines; at least ${percent} % are wanted`);
    return reached >= percent;
  });
  return kept.every(Boolean);
}
