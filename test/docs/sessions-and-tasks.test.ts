import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempDisposable, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { startGantry } from "../harness/start-gantry.ts";

const root = new URL("../..", import.meta.url).pathname;

/** What the commands of a page print. */
async function runPage(context: TestContext, name: string): Promise<string> {
  const gantry = await startGantry();
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-docs-"));
  context.after(() => gantry.stop());
  const page = await readFile(join(root, "docs", name), "utf8");
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  assert.ok(blocks.length > 1);
  const script = [
    // No `pipefail`: a reader that has seen enough of a stream leaves it.
    "set -eu",
    `gantry() { node "${root}bin/gantry.mjs" "$@"; }`,
    // A refusal of the server must show as a failed command.
    `curl() { command curl --fail-with-body "$@"; }`,
    ...blocks,
  ].join("\n");
  const env = {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: folder.path,
    GANTRY_URL: gantry.url,
    GANTRY_API_KEY: gantry.key,
  };
  const options = { cwd: folder.path, env, timeout: 240_000 };
  const { stdout } = await promisify(execFile)("bash", ["-c", script], options).catch((error) =>
    assert.fail(`${error.message}\n${error.stdout}`),
  );
  return stdout;
}

test("every command of docs/sessions.md works, in the order in which it stands there", async (context) => {
  const stdout = await runPage(context, "sessions.md");
  assert.match(stdout, /requires_action/);
  assert.match(stdout, /hello from the workspace/);
  assert.match(stdout, /answer +allow/);
  assert.match(stdout, /some,data/);
  assert.match(stdout, /session_deleted/);
});

test("every command of docs/tasks.md works, in the order in which it stands there", async (context) => {
  const stdout = await runPage(context, "tasks.md");
  assert.match(stdout, /"full_output":"The answer is in answer.txt."/);
  assert.match(stdout, /"path":"answer.txt"/);
  assert.match(stdout, /event: task.status/);
  assert.match(stdout, /"status":"cancelled"/);
});
