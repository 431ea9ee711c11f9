import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createAdmin } from "../harness/admin.ts";
import { ask, type ChatReply, type ChatTarget } from "../harness/chat.ts";
import { waitUntilNone } from "../harness/processes.ts";
import { countTokens } from "../harness/read-books.ts";
import { readHealth } from "../harness/server-state.ts";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";

const tools = ["look", "add"].map((name) => ({ type: "function", function: { name, parameters: { type: "object" } } }));
const folder = mkdtempSync(join(tmpdir(), "gantry-calls-"));
const data = join(folder, "data");
let gantry: Gantry;

before(async () => {
  gantry = await startGantry({ data });
});
after(async () => {
  await gantry.stop();
  rmSync(folder, { recursive: true, force: true });
});

const send = (target: ChatTarget, messages: readonly object[]): Promise<ChatReply> =>
  ask(target, { model: "haiku", messages, tools });

/** The conversation with an answer's calls and a result for each. */
function withResults(messages: readonly object[], reply: ChatReply, ...texts: readonly string[]): object[] {
  const message = reply.completion?.choices[0]?.message ?? assert.fail(reply.raw);
  const calls = message.tool_calls ?? [];
  assert.equal(calls.length, texts.length, reply.raw);
  const results = calls.map(({ id }, index) => ({ role: "tool", tool_call_id: id, content: texts[index] }));
  return [...messages, message, ...results];
}

const user = (content: string): object[] => [{ role: "user", content }];
const processOf = ({ headers }: ChatReply): string | null => headers.get("x-gantry-process");

test("each request of a loop is billed by itself, and nothing stays reserved while a turn waits", async () => {
  const admin = createAdmin(gantry);
  const key = await admin.createKey();
  const budget = await admin.createBudget({ subject: "key", subjectId: key.id, limit: 1_000_000 });
  const replies: ChatReply[] = [];
  let messages = user('[[demo:tool look {"at":1}]][[demo:tools add {"a":1} add {"a":2}]][[demo:say three]]');
  for (const results of [["found"], ["1", "2"], undefined]) {
    const reply = await send(key, messages);
    replies.push(reply);
    const { reserved } = await admin.readBudget(budget.id);
    assert.equal(reserved, 0);
    if (results === undefined) assert.deepEqual([reply.text, reply.finishReason], ["three", "stop"]);
    else messages = withResults(messages, reply, ...results);
  }
  assert.deepEqual(replies.slice(1).map(processOf), ["same-conversation", "same-conversation"]);

  const rows = (await admin.listUsage({ key_id: key.id })).toReversed();
  assert.deepEqual(
    rows.map((row) => countTokens(row)),
    replies.map(({ usage }) => usage?.total_tokens),
  );
  assert.deepEqual(
    rows.map(({ outcome }) => outcome),
    ["completed", "completed", "completed"],
  );
  // By the price table each: the CLI's own figure would have all that went before in the last one.
  const [first, , last] = rows;
  assert.ok(first?.costMicros && last?.costMicros && last.costMicros < 2 * first.costMicros, JSON.stringify(rows));
  assert.equal(
    (await admin.readBudget(budget.id)).spent,
    rows.reduce((sum, row) => sum + countTokens(row), 0),
  );
});

test("nobody but its owner goes on with a turn that waits", async () => {
  const admin = createAdmin(gantry);
  const [ada, bob] = await Promise.all(
    ["ada", "bob"].map(async (name) => admin.createKey({ projectId: (await admin.createProject({ name })).id })),
  );
  assert.ok(ada !== undefined && bob !== undefined);
  const prompt = user("[[demo:tool look {}]]");
  const told = withResults(prompt, await send(ada, prompt), "ada's result");
  const [theirs, own] = [await send(bob, told), await send(ada, told)];
  assert.notEqual(processOf(theirs), "same-conversation");
  assert.equal(processOf(own), "same-conversation");
  assert.deepEqual([theirs.text, own.text], ["ada's result", "ada's result"]);
});

test("a stop ends what waits at once, a kill leaves none of it, and the next server goes on", async () => {
  const prompt = user("[[demo:say First.]][[demo:tools look {} add {}]][[demo:tool add {}]]");
  let messages = withResults(prompt, await send(gantry, prompt), "one", "two");
  assert.ok((await readHealth(gantry)).processes.holding > 0);
  await gantry.stop();

  gantry = await startGantry({ data });
  const second = await send(gantry, messages);
  assert.notEqual(processOf(second), "same-conversation");
  messages = withResults(messages, second, "three");
  await gantry.kill9();
  await waitUntilNone(gantry.processes);
  await gantry.stop();

  gantry = await startGantry({ data });
  const third = await send(gantry, messages);
  assert.deepEqual([third.text, third.finishReason], ["three", "stop"]);
});
