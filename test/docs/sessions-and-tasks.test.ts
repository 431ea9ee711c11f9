import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { runPage as runPageAgainst } from "../harness/run-page.ts";
import { startGantry } from "../harness/start-gantry.ts";

/** What the commands of a page print. */
async function runPage(context: TestContext, name: string): Promise<string> {
  const gantry = await startGantry();
  context.after(() => gantry.stop());
  return await runPageAgainst(gantry, name);
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
