import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertSample } from "../harness/assert-sample.ts";
import { readBlocks } from "../harness/pages.ts";
import { runCommands } from "../harness/run-commands.ts";
import { runProgram } from "../harness/run-program.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";
import { commandPages, programPages } from "./page-runners.ts";

// Beside each other, not within a suite: each page has a deadline of its own.
let gantry: Gantry;
before(async () => {
  gantry = await startGantry();
});
after(() => gantry.stop());

for (const [page, { packages, prints }] of Object.entries(programPages)) {
  test(`the program of ${page} runs, and prints what its comments say`, async () => {
    const stdout = await runProgram(gantry, page, packages);
    for (const pattern of prints) assert.match(stdout, pattern);
    const code = readBlocks(page, "ts")
      .map((block) => block.code)
      .join("\n");
    const told = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => comment);
    if (told.length > 0) assert.deepEqual(stdout.trim().split("\n"), told);
  });
}

for (const [page, prints] of Object.entries(commandPages)) {
  test(`every command of ${page} works, in the order in which it stands there`, async () => {
    const stdout = await runCommands(gantry, page, { GANTRY_DATA: gantry.dataDirectory });
    for (const pattern of prints) assert.match(stdout, pattern);
    if (page === "docs/batches.md") assertBatchSample(stdout);
  });
}

/** The answer that the page shows behind its first command. */
function assertBatchSample(stdout: string): void {
  const [sample, ...others] = readBlocks("docs/batches.md", "json");
  assert.deepEqual(others, []);
  // The answers of the commands stand one behind the other, on one line.
  const [answer = ""] = /^\{"total":.*?"total_cost":[\d.e-]+,"total_tokens":\d+\}/.exec(stdout) ?? [];
  assertSample(JSON.parse(sample?.code ?? ""), JSON.parse(answer));
}
