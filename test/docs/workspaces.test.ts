import assert from "node:assert/strict";
import { test } from "node:test";
import { layOut, openBench, readFiles } from "../workspaces/open-bench.ts";
import { makeRun } from "../harness/make-run.ts";
import { runCommands } from "../harness/run-commands.ts";
import { startGantry } from "../harness/start-gantry.ts";

test("every command of docs/workspaces.md works, in the order in which it stands there", async (context) => {
  const bench = await openBench(context);
  const site = await bench.repository("site", { "index.html": "<p>old</p>\n" });
  const manual = await bench.directory("manual", { "page.md": "one\n" });

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
  const stdout = await runCommands(gantry, "docs/workspaces.md", {
    SITE: site.path,
    MANUAL: manual.path,
    RUN: id,
    // The repository is another user's where the tests run as root.
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "safe.directory",
    GIT_CONFIG_VALUE_0: "*",
  });
  assert.match(stdout, /modified +index\.html/);
  assert.match(stdout, /# Done\n/);
  assert.match(stdout, /Landed in the directory site: 1 added, 1 modified, 0 deleted\./);
  assert.match(stdout, / M index\.html\n\?\? report\/\n$/);
  assert.deepEqual(await readFiles(site.path), { "index.html": "<p>new</p>\n", "report/summary.md": "# Done\n" });
});
