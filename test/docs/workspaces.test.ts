import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { layOut, openBench, readFiles } from "../workspaces/open-bench.ts";
import { makeRun } from "../harness/make-run.ts";
import { startGantry } from "../harness/start-gantry.ts";

const root = new URL("../..", import.meta.url).pathname;

test("every command of docs/workspaces.md works, in the order in which it stands there", async (context) => {
  const bench = await openBench(context);
  const site = await bench.repository("site", { "index.html": "<p>old</p>\n" });
  const manual = await bench.directory("manual", { "page.md": "one\n" });
  const home = join(bench.root, "reader");
  await mkdir(home);

  // A run of the server whose work is done: what its agent would have left in the data directory.
  const first = await startGantry({ data: bench.dataDirectory, untilReady: false });
  context.after(() => first.stop());
  const { id } = await makeRun(first);
  await first.stop();
  const { id: workspaceId, hostPath } = await bench.make(
    { kind: "directory", directory: site },
    { owner: { kind: "run", id } },
  );
  await layOut(hostPath, { "index.html": "<p>new</p>\n", "report/summary.md": "# Done\n" });
  await bench.workspaces.collect(workspaceId);

  const gantry = await startGantry({ data: bench.dataDirectory, untilReady: false });
  context.after(() => gantry.stop());
  const page = await readFile(join(root, "docs/workspaces.md"), "utf8");
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  assert.ok(blocks.length >= 4);
  const script = [
    "set -euo pipefail",
    `gantry() { node "${root}bin/gantry.mjs" "$@"; }`,
    // A refusal of the server must show as a failed command.
    `curl() { command curl --fail-with-body "$@"; }`,
    `git() { command git -c safe.directory='*' "$@"; }`,
    ...blocks,
  ].join("\n");
  const env = {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: home,
    GANTRY_URL: gantry.url,
    GANTRY_API_KEY: gantry.key,
    SITE: site.path,
    MANUAL: manual.path,
    RUN: id,
  };
  const { stdout } = await promisify(execFile)("bash", ["-c", script], { cwd: home, env, timeout: 240_000 });
  assert.match(stdout, /modified +index\.html/);
  assert.match(stdout, /# Done\n/);
  assert.match(stdout, /Landed in the directory site: 1 added, 1 modified, 0 deleted\./);
  assert.match(stdout, / M index\.html\n\?\? report\/\n$/);
  assert.deepEqual(await readFiles(site.path), { "index.html": "<p>new</p>\n", "report/summary.md": "# Done\n" });
});
