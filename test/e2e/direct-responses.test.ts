import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import OpenAI, { APIUserAbortError, InternalServerError } from "openai";
import type { FunctionTool, ResponseStreamEvent } from "openai/resources/responses/responses";
import { createAdmin } from "../harness/admin.ts";
import { type ModelSource, toDemoSource, toScriptedSource } from "../harness/model-source.ts";
import { type ServedModels, startWithModels } from "../harness/start-with-models.ts";

const tools: FunctionTool[] = [{ type: "function", name: "look_up", parameters: { type: "object" }, strict: false }];

/** Status, text, and what its error says. */
async function untilMade(client: OpenAI, id: string) {
  for (;;) {
    const { status, output_text, error } = await client.responses.retrieve(id);
    if (status !== "in_progress") return [status, output_text, error?.message] as const;
    await pause(20);
  }
}

describe("responses of models that upstreams serve, with the official OpenAI client", () => {
  let served: ServedModels;
  let client: OpenAI;
  before(async () => {
    served = await startWithModels({
      models: [
        { model: "plain-claude", to: ["anthropic/claude-haiku-5-5"] },
        { model: "failing-gpt", to: ["chat-failing/gpt-test"] },
      ],
      upstreams: ({ chat }) => ({ "chat-failing": { ...chat, retries: 0 } }),
    });
    client = new OpenAI({ baseURL: `${served.gantry.url}/v1`, apiKey: served.gantry.key, maxRetries: 0 });
  });
  after(() => served.stop());

  for (const { over, model } of [
    { over: "OpenAI's Chat Completions", model: "gpt-test" },
    { over: "OpenAI's Responses API", model: "responses-test" },
    { over: "Anthropic's Messages API", model: "plain-claude" },
  ]) {
    describe(`over ${over}`, () => {
      let source: ModelSource;
      const headers = model === "plain-claude" ? { "x-gantry-driver": "direct" } : {};
      before(() => {
        source = model === "plain-claude" ? toDemoSource(served.demo) : toScriptedSource(served.scripted);
      });

      test("one is whole, kept, and gone on from", async () => {
        const request = { model, input: source.plan({ say: "Hello, ünïcode 👋." }), timeout: 60 };
        const { data, response } = await client.responses.create(request, { headers }).withResponse();
        assert.deepEqual([data.status, data.output_text, data.model], ["completed", "Hello, ünïcode 👋.", model]);
        assert.equal(response.headers.get("x-gantry-driver"), "direct");
        assert.match(response.headers.get("x-gantry-ignored") ?? "", /\btimeout\b/);
        const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = source.lastUsage();
        const input = inputTokens + cacheReadTokens + cacheWriteTokens;
        assert.deepEqual([data.usage?.input_tokens, data.usage?.output_tokens], [input, outputTokens]);
        assert.equal((await client.responses.retrieve(data.id)).output_text, data.output_text);

        const next = { model, input: source.plan({ say: "Again." }), previous_response_id: data.id };
        assert.equal((await client.responses.create(next, { headers })).output_text, "Again.");
        assert.ok(source.lastBody().includes("ünïcode"), "the upstream is sent the conversation");
      });

      test("one is streamed, and its last event is the kept response", async () => {
        const text = "one two three four five six";
        const stream = await client.responses.create(
          { model, input: source.plan({ say: text }), stream: true },
          { headers },
        );
        const events: ResponseStreamEvent[] = [];
        for await (const event of stream) events.push(event);
        assert.deepEqual(
          events.map(({ sequence_number }) => sequence_number),
          events.map((_event, index) => index),
        );
        const pieces = events.flatMap((event) => (event.type === "response.output_text.delta" ? event.delta : []));
        assert.ok(pieces.length > 1, "it came in pieces");
        assert.equal(pieces.join(""), text);
        const last = events.at(-1);
        assert.ok(last?.type === "response.completed");
        assert.deepEqual((await client.responses.retrieve(last.response.id)).output, last.response.output);
      });

      test("a tool is called, and its result goes on with what is kept", async () => {
        const input = source.plan({ call: [{ name: "look_up", arguments: { city: "Zürich" } }], lastly: "It rains." });
        const called = await client.responses.create({ model, input, tools }, { headers });
        const [call] = called.output.filter((item) => item.type === "function_call");
        assert.ok(call);
        assert.deepEqual([call.name, JSON.parse(call.arguments)], ["look_up", { city: "Zürich" }]);
        const output = { type: "function_call_output" as const, call_id: call.call_id, output: "rain" };
        const done = await client.responses.create(
          { model, input: [output], tools, previous_response_id: called.id },
          { headers },
        );
        assert.equal(done.output_text, "It rains.");
      });

      test("one is made in the background", async () => {
        const begun = await client.responses.create(
          { model, input: source.plan({ say: "Later." }), background: true },
          { headers },
        );
        assert.equal(begun.status, "in_progress");
        assert.deepEqual(await untilMade(client, begun.id), ["completed", "Later.", undefined]);
      });

      test("a client that leaves is heard of upstream, and nothing is kept", async () => {
        const index = source.calls;
        const leaving = new AbortController();
        const stream = await client.responses.create(
          { model, input: source.plan({ never: "ends" }), stream: true },
          { headers, signal: leaving.signal },
        );
        let id = "";
        for await (const event of stream) {
          if (event.type === "response.created") id = event.response.id;
          if (event.type === "response.output_text.delta") leaving.abort();
        }
        assert.ok(leaving.signal.aborted, "it had begun");
        assert.equal(await (await source.untilCall(index)).ended, "cut");
        await assert.rejects(client.responses.retrieve(id), { status: 404 });
      });
    });
  }

  test("an upstream's failure is an error, and in the background a response that has failed", async () => {
    const source = toScriptedSource(served.scripted);
    const request = { model: "failing-gpt", input: source.plan({ refuse: 503 }) };
    for (const stream of [false, true]) {
      await assert.rejects(client.responses.create({ ...request, stream }), (error) => {
        assert.ok(error instanceof InternalServerError, String(error));
        assert.equal(error.code, "upstream_overloaded");
        return true;
      });
    }
    const { id } = await client.responses.create({ ...request, background: true });
    const [status, text, message = ""] = await untilMade(client, id);
    assert.deepEqual([status, text], ["failed", ""]);
    assert.match(message, /upstream_overloaded/);
  });

  test("a stream that breaks off ends as failed, and is kept so", async () => {
    served.scripted.answerWith(() => ({ text: "never to be read whole", cutAfterEvents: 3 }));
    const events: ResponseStreamEvent[] = [];
    for await (const event of await client.responses.create({ model: "gpt-test", input: "Hi", stream: true })) {
      events.push(event);
    }
    const last = events.at(-1);
    assert.ok(last?.type === "response.failed", last?.type);
    assert.equal((await client.responses.retrieve(last.response.id)).status, "failed");
  });

  test("the whole conversation is paid for, and a key without rights or money is refused", async () => {
    const admin = createAdmin(served.gantry);
    const { key, id } = await admin.createKey();
    await admin.createBudget({ subject: "key", subjectId: id, limit: 3_000 });
    const own = new OpenAI({ baseURL: `${served.gantry.url}/v1`, apiKey: key, maxRetries: 0 });
    served.scripted.answerWith(() => ({ text: "ok", usage: { input: 100, output: 5 } }));
    const settings = { model: "gpt-test", max_output_tokens: 50 };
    const first = await own.responses.create({ ...settings, input: "word ".repeat(1_500) });
    assert.deepEqual([first.usage?.input_tokens, first.usage?.output_tokens], [100, 5]);
    const long = own.responses.create({ ...settings, input: "word ".repeat(1_500), previous_response_id: first.id });
    await assert.rejects(Promise.resolve(long), { status: 429, code: "budget_exceeded" });
    await assert.rejects(
      own.responses.create({ ...settings, input: "Hi" }, { signal: AbortSignal.abort() }),
      APIUserAbortError,
    );
  });
});
