import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { startGantry } from "../harness/start-gantry.ts";

const root = new URL("../..", import.meta.url).pathname;

/** The commands of a page, as a reader would paste them one after the other. */
async function readCommands(page: string): Promise<string[]> {
  const text = await readFile(join(root, "docs", page), "utf8");
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);
}

test("every command of docs/operations.md works, in the order in which it stands there", async (context) => {
  const gantry = await startGantry();
  const folder = await mkdtemp(join(tmpdir(), "gantry-docs-"));
  context.after(async () => {
    await gantry.stop();
    await rm(folder, { recursive: true });
  });
  const blocks = await readCommands("operations.md");
  assert.ok(blocks.length >= 8);
  const script = [
    "set -euo pipefail",
    // These two commands work on the files themselves.
    `gantry() { case "$1" in backup | restore) set -- "$@" --data "$DATA" ;; esac; node "${root}bin/gantry.mjs" "$@"; }`,
    // A refusal of the server must show as a failed command.
    `curl() { command curl --fail-with-body "$@"; }`,
    ...blocks,
  ].join("\n");
  const env = {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: folder,
    GANTRY_URL: gantry.url,
    GANTRY_API_KEY: gantry.key,
    DATA: gantry.dataDirectory,
  };
  const { stdout } = await promisify(execFile)("bash", ["-c", script], { cwd: folder, env, timeout: 500_000 });
  assert.match(stdout, /gk_[a-z2-7]{12}_/);
  assert.match(stdout, /"recommended_model":"opus"/);
  assert.match(stdout, /"total_tokens":[1-9]/);
});
