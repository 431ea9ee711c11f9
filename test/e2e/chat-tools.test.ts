import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createAdmin, readApi, type Admin, type MadeKey } from "../harness/admin.ts";
import { ask, chat, type ChatTarget } from "../harness/chat.ts";
import { assertChatError } from "../harness/assert-chat-error.ts";
import { findProcesses } from "../harness/processes.ts";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";

/*
 * What may happen between a model's call of a tool and the client's result: nothing of it may change the answer, or show
 * one client's conversation to another.
 */

interface Message {
  readonly role: string;
  readonly content?: string | null;
  readonly tool_calls?: readonly { readonly id: string }[];
  readonly tool_call_id?: string;
}
interface Answer {
  readonly choices: readonly { readonly message: Message; readonly finish_reason: string }[];
}

let gantry: Gantry;
let admin: Admin;
before(async () => {
  gantry = await startGantry();
  admin = createAdmin(gantry);
});
after(() => gantry.stop());

const model = "haiku";
const tools = [{ type: "function", function: { name: "look", parameters: { type: "object" } } }];
const toBody = (messages: readonly Message[]) => ({ model, messages, tools });

/** Lets the model call the tool, and gives back the conversation with the call's result at its end. */
async function call(key: ChatTarget, prompt: string): Promise<readonly Message[]> {
  const messages = [{ role: "user", content: `${prompt} [[demo:tool look {"at":1}]]` }];
  const { choices } = await readApi<Answer>(key, "POST", "/v1/chat/completions", toBody(messages));
  const [choice] = choices;
  assert.equal(choice?.finish_reason, "tool_calls");
  const results = (choice.message.tool_calls ?? []).map(({ id }) => ({
    role: "tool",
    tool_call_id: id,
    content: "seen",
  }));
  assert.equal(results.length, 1);
  return [...messages, choice.message, ...results];
}

async function finish(key: ChatTarget, messages: readonly Message[]) {
  const { text, headers } = await ask(key, toBody(messages));
  return { text, temperature: headers.get("x-gantry-process") };
}

async function createKey(): Promise<MadeKey> {
  const { id } = await admin.createProject();
  return await admin.createKey({ projectId: id });
}

test("results that come twice, even at once, are answered twice, and both requests are billed", async () => {
  const key = await createKey();
  const messages = await call(key, "Twice.");
  const answers = await Promise.all([finish(key, messages), finish(key, messages)]);
  answers.push(await finish(key, messages));
  assert.deepEqual(
    answers.map(({ text }) => text),
    ["seen", "seen", "seen"],
  );
  const rows = await admin.listUsage({ key_id: key.id });
  assert.deepEqual(
    rows.map(({ outcome }) => outcome),
    ["completed", "completed", "completed", "completed"],
  );
  assert.ok(rows.every(({ tokens }) => tokens.outputTokens > 0));
});

test("where the processes have died in between, another one goes on", async () => {
  const messages = await call(gantry, "Dead.");
  for (const pid of await findProcesses(gantry.processes)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended with another one.
    }
  }
  const { text, temperature } = await finish(gantry, messages);
  assert.equal(text, "seen");
  assert.notEqual(temperature, "same-conversation");
});

test("another key's results never reach the process that waits", async () => {
  const [owner, other] = [await createKey(), await createKey()];
  const messages = await call(owner, "Mine.");
  const strange = await finish(other, messages);
  assert.deepEqual([strange.text, strange.temperature === "same-conversation"], ["seen", false]);
  assert.deepEqual(await finish(owner, messages), { text: "seen", temperature: "same-conversation" });
});

test("a result that is withheld, or told of another call, is refused by its message", async () => {
  const messages = await call(gantry, "Withheld.");
  const [user, said] = messages;
  assert.ok(user !== undefined && said !== undefined);
  const strange = { role: "tool", tool_call_id: "another", content: "x" };
  for (const [last, param] of [
    [{ role: "user", content: "Well?" }, "messages[1].tool_calls[0]"],
    [strange, "messages[2].tool_call_id"],
  ] as const) {
    const refused = await chat(gantry, toBody([user, said, last]));
    assertChatError(refused, "invalid_request");
    assert.equal(refused.error?.param, param);
  }
  assert.equal((await finish(gantry, messages)).text, "seen");
});

test("a client may change its mind: another question behind the result, or another way", async () => {
  const messages = await call(gantry, "Then.");
  const further = { role: "user", content: "And now: [[demo:say other]]" };
  assert.equal((await finish(gantry, [...messages, further])).text, "other");
  assert.equal((await finish(gantry, [{ role: "user", content: "[[demo:say elsewhere]]" }])).text, "elsewhere");
});
