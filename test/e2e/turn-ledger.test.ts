import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { TokenUsage } from "@gantry/contracts/completion";
import { type Admin, createAdmin, type MadeKey } from "../harness/admin.ts";
import { assertChatError } from "../harness/assert-chat-error.ts";
import { ask, chat } from "../harness/chat.ts";
import { claudeVersions } from "../harness/claude-versions.ts";
import { type MessagesUpstream, startMessagesUpstream } from "../harness/messages-upstream.ts";
import { connectRaw, toRawRequest } from "../harness/raw-client.ts";
import { eventually } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";
import { readToldUsage, sumTokens } from "../harness/told-usage.ts";

const toBody = (content: string, more: object = {}) => ({
  model: "haiku",
  messages: [{ role: "user", content }],
  ...more,
});
const inputOf = ({ outputTokens: _output, ...input }: TokenUsage) => input;

for (const version of claudeVersions) {
  describe(`the bill of a chat that Claude Code ${version} answers`, () => {
    let model: MessagesUpstream;
    let gantry: Gantry;
    let admin: Admin;
    before(async () => {
      model = await startMessagesUpstream();
      gantry = await startGantry({ claude: version, upstream: model.url });
      admin = createAdmin(gantry);
    });
    after(async () => {
      await gantry.stop();
      await model.stop();
    });

    /** Has a key of its own ask, and gives its one row with what the model told meanwhile. */
    async function bill(work: (key: MadeKey) => Promise<unknown>, limit = 1_000_000) {
      const key = await admin.createKey();
      const { id } = await admin.createBudget({ subject: "key", subjectId: key.id, limit });
      const before = model.calls.length;
      await work(key);
      await eventually(async () => (await admin.listUsage({ key_id: key.id })).length > 0, "it is booked");
      const [row, ...others] = await admin.listUsage({ key_id: key.id });
      assert.ok(row !== undefined && others.length === 0, "it is billed once");
      assert.equal((await admin.readBudget(id)).reserved, 0);
      return { row, told: model.calls.slice(before).map(readToldUsage) };
    }

    for (const [what, body, outcome] of [
      ["whole", toBody("[[demo:say hello]]"), "completed"],
      ["streamed", toBody("[[demo:tokens 30]]", { stream: true }), "completed"],
      ["thought about", toBody("[[demo:think a word or two]] [[demo:say hello]]"), "completed"],
      ["cut by its bound", toBody("[[demo:tokens 50]]", { max_tokens: 10 }), "cut"],
      ["cut by its bound in a stream", toBody("[[demo:tokens 50]]", { max_tokens: 10, stream: true }), "cut"],
    ] as const) {
      test(`an answer that is ${what} costs what the model told, in one call`, async () => {
        const { row, told } = await bill((key) => ask(key, body));
        assert.equal(row.outcome, outcome);
        assert.deepEqual([row.tokens], told);
        assert.ok(row.tokens.outputTokens > 0);
      });
    }

    test("what was read from the cache is billed as such", async () => {
      const first = toBody("[[demo:say hello]] once");
      const { messages } = first;
      const { row, told } = await bill(async (key) => {
        await ask(gantry, first);
        const { text } = await ask(gantry, first);
        await ask(key, { ...first, messages: [...messages, { role: "assistant", content: text }, ...messages] });
      });
      const last = told.at(-1);
      assert.deepEqual(row.tokens, last);
      assert.ok((last?.cacheReadTokens ?? 0) > 0 && (last?.cacheWriteTokens ?? 0) > 0, JSON.stringify(last));
    });

    test("calls that the agent repeats are one bill", async () => {
      const { row, told } = await bill(async (key) => {
        model.answerWith((_call, response) => {
          model.answerWith();
          response.writeHead(529, { "content-type": "application/json", "retry-after": "0" });
          response.end('{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}');
        });
        await ask(key, toBody("[[demo:say hello]]"));
      });
      assert.equal(told.length, 2);
      assert.deepEqual(row.tokens, sumTokens(told));
      assert.equal(row.outcome, "completed");
    });

    test("an answer that its client leaves costs its prompt, and what was seen of it", async () => {
      const { row, told } = await bill(async (key) => {
        const calls = model.calls.length;
        const client = await connectRaw(key.url);
        client.socket.write(toRawRequest(key, toBody("[[demo:hang 9]]", { stream: true })));
        await client.until('"tok9 "');
        client.socket.destroy();
        assert.equal(await (await model.untilCall(calls)).ended, "cut");
      });
      assert.equal(row.outcome, "cancelled");
      assert.deepEqual(inputOf(row.tokens), inputOf(sumTokens(told)));
      assert.ok(row.tokens.inputTokens + row.tokens.cacheWriteTokens > 0);
      // Nine words of five bytes, four of which are taken for a token.
      assert.equal(row.tokens.outputTokens, 12);
    });

    test("an answer that its budget cuts costs its prompt, and what was seen of it", async () => {
      const { row, told } = await bill(async (key) => {
        const reply = await chat(key, toBody("[[demo:hang 4000]]", { stream: true }));
        assertChatError(reply, "budget_exceeded");
      }, 6_000);
      assert.equal(row.outcome, "budget_reached");
      assert.deepEqual(inputOf(row.tokens), inputOf(sumTokens(told)));
      assert.ok(row.tokens.outputTokens > 1_000);
    });

    test("an answer that breaks off costs its prompt, and what was seen of it", async () => {
      const { row, told } = await bill((key) => chat(key, toBody("[[demo:drop]]", { stream: true })));
      assert.equal(row.outcome, "failed");
      assert.deepEqual(inputOf(row.tokens), inputOf(sumTokens(told)));
      assert.ok(row.tokens.outputTokens > 0);
    });
  });
}
