import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import Anthropic, { APIUserAbortError, NotFoundError } from "@anthropic-ai/sdk";
import type {
  ContentBlockParam,
  Message,
  MessageParam,
  RawMessageStreamEvent,
  Tool,
  Usage,
} from "@anthropic-ai/sdk/resources";
import { drawPng } from "../harness/images.ts";
import { type ModelSource, toDemoSource, toScriptedSource } from "../harness/model-source.ts";
import { type ServedModels, startWithModels } from "../harness/start-with-models.ts";

const png = drawPng(8, 8).toString("base64");
const image: ContentBlockParam = { type: "image", source: { type: "base64", media_type: "image/png", data: png } };

const calls = [
  { name: "look_up", arguments: { city: "Zürich", days: [1, 2], note: 'a "quoted" word' } },
  { name: "book", arguments: { nested: { deep: [{ empty: {} }] }, words: "one two three" } },
];
const tools: Tool[] = calls.map(({ name }) => ({ name, input_schema: { type: "object" } }));

const toUsage = ({ input_tokens, output_tokens, ...usage }: Usage) => ({
  inputTokens: input_tokens,
  cacheReadTokens: usage.cache_read_input_tokens ?? 0,
  cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
  outputTokens: output_tokens,
});
const textOf = ({ content }: Message): string =>
  content.map((block) => (block.type === "text" ? block.text : "")).join("");

describe("the official Anthropic client", () => {
  let served: ServedModels;
  let client: Anthropic;
  before(async () => {
    served = await startWithModels();
    client = new Anthropic({ baseURL: served.gantry.url, apiKey: served.gantry.key, maxRetries: 0 });
  });
  after(() => served.stop());

  for (const { over, model } of [
    { over: "the demo model", model: "claude-haiku-5-5" },
    { over: "Chat Completions", model: "gpt-test" },
    { over: "the Responses API", model: "responses-test" },
  ]) {
    describe(`over ${over}`, () => {
      const isPassed = over === "the demo model";
      let source: ModelSource;
      before(() => {
        source = isPassed ? toDemoSource(served.demo) : toScriptedSource(served.scripted);
      });
      const toRequest = (content: MessageParam["content"], more: object = {}) => ({
        model,
        max_tokens: 1000,
        messages: [{ role: "user" as const, content }],
        ...more,
      });

      test("gets a whole answer, with the figures of the upstream", async () => {
        const text = "Hello there, ünïcode 👋.";
        const answer = await client.messages.create(toRequest(source.plan({ say: text }))).withResponse();
        const { data, response } = answer;
        assert.deepEqual(
          [data.type, data.role, data.model, data.stop_reason],
          ["message", "assistant", model, "end_turn"],
        );
        assert.match(data.id, /^msg_\w+$/);
        assert.equal(textOf(data), text);
        assert.deepEqual(toUsage(data.usage), source.lastUsage());
        assert.ok(data.usage.input_tokens > 0);
        assert.ok(answer.request_id);
        assert.equal(response.headers.get("x-gantry-driver"), "direct");
      });

      test("gets a stream in pieces that make the whole, in the order of its events", async () => {
        const text = "one two three four five six";
        const request = toRequest(source.plan({ say: text }));
        const stream = client.messages.stream(request);
        const events: RawMessageStreamEvent[] = [];
        const pieces: string[] = [];
        stream.on("streamEvent", (event) => events.push(event)).on("text", (piece) => pieces.push(piece));
        const message = await stream.finalMessage();
        assert.equal(textOf(message), text);
        assert.ok(pieces.length > 1, "it came in pieces");
        assert.equal(pieces.join(""), text);
        const order = events.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1]);
        assert.deepEqual(order, [
          "message_start",
          "content_block_start",
          "content_block_delta",
          "content_block_stop",
          "message_delta",
          "message_stop",
        ]);
        assert.equal(message.stop_reason, "end_turn");
        assert.deepEqual(toUsage(message.usage), source.lastUsage());
      });

      test("gets calls of tools side by side, their arguments as they are made, and gives the results back", async () => {
        const prompt: MessageParam = { role: "user", content: source.plan({ call: calls, lastly: "Booked." }) };
        const stream = client.messages.stream({ ...toRequest(""), messages: [prompt], tools });
        const pieces = new Map<number, string[]>();
        stream.on("streamEvent", (event) => {
          if (event.type !== "content_block_delta" || event.delta.type !== "input_json_delta") return;
          pieces.set(event.index, [...(pieces.get(event.index) ?? []), event.delta.partial_json]);
        });
        const asked = await stream.finalMessage();
        const uses = asked.content.filter((block) => block.type === "tool_use");
        assert.deepEqual(
          uses.map(({ name: tool, input }) => ({ name: tool, arguments: input })),
          calls,
        );
        assert.equal(new Set(uses.map(({ id }) => id)).size, calls.length);
        assert.equal(asked.stop_reason, "tool_use");
        assert.equal(pieces.size, calls.length);
        for (const parts of pieces.values()) assert.ok(parts.filter((part) => part !== "").length > 1, "in pieces");

        const results = uses.map(({ id }) => {
          const content = [{ type: "text" as const, text: `result of ${id}` }, image];
          return { type: "tool_result" as const, tool_use_id: id, content };
        });
        // The client's type of what a result may hold is narrower than that of a block.
        const messages = [prompt, { role: "assistant", content: asked.content }, { role: "user", content: results }];
        const done = await client.messages.create({ ...toRequest(""), messages: messages as MessageParam[], tools });
        assert.equal(textOf(done), "Booked.");
        assert.equal(done.stop_reason, "end_turn");
        const body = source.lastBody();
        for (const { id } of uses) assert.ok(body.includes(`result of ${id}`), "each result reaches the model");
        assert.equal(body.split(png).length, uses.length + 1, "and the image in each");
      });

      test("shows the model images", async () => {
        const content = [image, { type: "text" as const, text: source.plan({ say: "A square." }) }];
        assert.equal(textOf(await client.messages.create(toRequest(content))), "A square.");
        assert.ok(source.lastBody().includes(png));
      });

      test("says which settings the upstream was not told", async () => {
        const prompt = source.plan({ say: "ok" });
        const { response } = await client.messages.create(toRequest(prompt, { top_k: 5 })).withResponse();
        assert.equal(source.lastBody().includes('"top_k"'), isPassed);
        assert.equal(response.headers.get("x-gantry-ignored"), isPassed ? null : "top_k");
      });

      for (const stream of [true, false]) {
        test(`leaves ${stream ? "a stream" : "an answer that has not begun"}, and the upstream hears of it`, async () => {
          const index = source.calls;
          const leaving = new AbortController();
          const request = toRequest(source.plan({ never: stream ? "ends" : "begins" }));
          const options = { signal: leaving.signal };
          if (stream) {
            const types: string[] = [];
            // The client ends an iteration that was aborted as if all had come.
            for await (const { type } of await client.messages.create({ ...request, stream }, options)) {
              types.push(type);
              if (type === "content_block_delta") leaving.abort();
            }
            assert.ok(leaving.signal.aborted && !types.includes("message_stop"));
          } else {
            const answer = client.messages.create(request, options);
            await source.untilCall(index);
            leaving.abort();
            await assert.rejects(Promise.resolve(answer), APIUserAbortError);
          }
          const call = await source.untilCall(index);
          assert.equal(await call.ended, "cut");
        });
      }

      test("counts tokens without a call", async () => {
        const before = source.calls;
        const count = async (content: string) =>
          (await client.messages.countTokens({ model, messages: [{ role: "user", content }] })).input_tokens;
        const [short, long] = [await count("short"), await count("long ".repeat(1000))];
        assert.ok(short > 0 && long > short + 900, `${short} and ${long}`);
        assert.equal(source.calls, before);
      });
    });
  }

  test("lists the models and finds each by its id and by its alias", async () => {
    const models = [];
    for await (const model of client.models.list()) models.push(model);
    assert.ok(models.length > 0);
    for (const { id, type, display_name, created_at } of models) {
      assert.deepEqual([type, typeof display_name], ["model", "string"]);
      assert.ok(!Number.isNaN(Date.parse(created_at)));
      assert.equal((await client.models.retrieve(id)).id, id);
    }
    assert.match((await client.models.retrieve("haiku")).id, /^claude-haiku/);
    await assert.rejects(client.models.retrieve("no-such-model"), NotFoundError);
  });
});
