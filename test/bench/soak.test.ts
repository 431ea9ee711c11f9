import assert from "node:assert/strict";
import { test } from "node:test";
import { runBench } from "./run-program.ts";

// Killed sessions have a sample of their own beside the other tests of kills.
const sections = ["turns", "fuzz", "leavers", "kills"];

// A seeded sample of what `npm run soak` does for a long time, with the newest release.
test("a sample of the soak run finds nothing wrong", async () => {
  const { code, stdout, stderr } = await runBench("soak.ts", [...sections, "--quick", "--seed", "20261120"]);
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  for (const title of ["Mixed turns", "Broken bodies", "Clients that leave", "Killed servers"]) {
    assert.ok(stdout.includes(`\n## ${title}\n`), title);
  }
});
