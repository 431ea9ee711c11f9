import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import OpenAI, { APIUserAbortError, BadRequestError, InternalServerError, NotFoundError, RateLimitError } from "openai";
import type { ChatCompletionChunk, ChatCompletionMessageParam, ChatCompletionTool } from "openai/resources";
import { drawPng, sha256, toDataUrl } from "../harness/images.ts";
import { type ModelSource, toDemoSource, toScriptedSource } from "../harness/model-source.ts";
import { type ServedModels, startWithModels } from "../harness/start-with-models.ts";

const png = drawPng(8, 8);
const calls = [
  { name: "look_up", arguments: { city: "Zürich", days: [1, 2], note: 'a "quoted" word' } },
  { name: "book", arguments: { nested: { deep: [{ empty: {} }] }, words: "one two three" } },
];
const tools: ChatCompletionTool[] = calls.map(({ name }) => ({
  type: "function",
  function: { name, parameters: { type: "object", properties: {} } },
}));

describe("the direct road of a chat, with the official OpenAI client", () => {
  let served: ServedModels;
  let client: OpenAI;
  before(async () => {
    served = await startWithModels({
      models: [
        { model: "plain-claude", to: ["anthropic/claude-haiku-5-5"] },
        { model: "failing-claude", to: ["claude-failing/claude-haiku-5-5"] },
        { model: "failing-gpt", to: ["chat-failing/gpt-test"] },
        { model: "failing-responses", to: ["responses-failing/gpt-test"] },
      ],
      upstreams: ({ demo, chat }) => ({
        "claude-failing": { ...demo, retries: 0 },
        "chat-failing": { ...chat, retries: 0 },
        "responses-failing": { ...chat, api: "responses", retries: 0 },
      }),
    });
    client = new OpenAI({ baseURL: `${served.gantry.url}/v1`, apiKey: served.gantry.key, maxRetries: 0 });
  });
  after(() => served.stop());

  for (const { over, model, failing } of [
    { over: "OpenAI's Chat Completions", model: "gpt-test", failing: "failing-gpt" },
    { over: "OpenAI's Responses API", model: "responses-test", failing: "failing-responses" },
    { over: "Anthropic's Messages API", model: "plain-claude", failing: "failing-claude" },
  ]) {
    describe(`over ${over}`, () => {
      const isPassed = model === "gpt-test";
      let source: ModelSource;
      before(() => {
        source = model === "plain-claude" ? toDemoSource(served.demo) : toScriptedSource(served.scripted);
      });
      const prompt = (content: string): ChatCompletionMessageParam[] => [{ role: "user", content }];

      function assertUsage(usage: OpenAI.CompletionUsage | null | undefined): void {
        const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = source.lastUsage();
        const input = inputTokens + cacheReadTokens + cacheWriteTokens;
        assert.deepEqual(
          [usage?.prompt_tokens, usage?.completion_tokens, usage?.total_tokens],
          [input, outputTokens, input + outputTokens],
        );
      }

      test("a whole answer", async () => {
        const text = "Hello there, ünïcode 👋.";
        const request = { model, messages: prompt(source.plan({ say: text })) };
        const { data, response } = await client.chat.completions.create(request).withResponse();
        const [choice] = data.choices;
        assert.deepEqual(
          [data.object, choice?.message.content, choice?.finish_reason],
          ["chat.completion", text, "stop"],
        );
        assertUsage(data.usage);
        assert.equal(response.headers.get("x-gantry-driver"), "direct");
        assert.equal(response.headers.get("x-gantry-process"), null);
      });

      for (const include_usage of [true, false]) {
        test(`a stream in pieces ${include_usage ? "with" : "without"} its figures`, async () => {
          const text = "one two three four five six";
          const request = { model, messages: prompt(source.plan({ say: text })), stream: true as const };
          const options = include_usage ? { stream_options: { include_usage } } : {};
          const chunks: ChatCompletionChunk[] = [];
          for await (const chunk of await client.chat.completions.create({ ...request, ...options }))
            chunks.push(chunk);
          if (include_usage) assertUsage(chunks.pop()?.usage);
          const pieces = chunks.flatMap(({ choices }) => choices[0]?.delta.content || []);
          assert.ok(pieces.length > 1, "it came in pieces");
          assert.equal(pieces.join(""), text);
          assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, "stop");
          assert.ok(chunks.every(({ usage }) => usage === undefined || usage === null));
          assert.ok(chunks.every(({ choices }) => choices.length === 1));
        });
      }

      test("tools side by side, their arguments as they are made, and their results", async () => {
        const messages = prompt(source.plan({ call: calls, lastly: "Booked." }));
        const runner = client.chat.completions.stream({ model, messages, tools });
        const pieces = new Map<number, number>();
        runner.on("chunk", ({ choices }) => {
          for (const { index, function: called } of choices[0]?.delta.tool_calls ?? []) {
            if (called?.arguments) pieces.set(index, (pieces.get(index) ?? 0) + 1);
          }
        });
        const { choices } = await runner.finalChatCompletion();
        const [choice] = choices;
        assert.ok(choice?.message.tool_calls && choice.finish_reason === "tool_calls");
        const made = choice.message.tool_calls.filter((call) => call.type === "function");
        assert.deepEqual(
          made.map(({ function: { name, arguments: text } }) => ({ name, arguments: JSON.parse(text) as object })),
          calls,
        );
        assert.equal(new Set(made.map(({ id }) => id)).size, calls.length);
        assert.deepEqual([...pieces.keys()], [0, 1]);
        for (const count of pieces.values()) assert.ok(count > 1, "in pieces");

        const { content, tool_calls } = choice.message;
        const results = made.map(({ id }) => ({ role: "tool" as const, tool_call_id: id, content: `result of ${id}` }));
        const done = await client.chat.completions.create({
          model,
          messages: [...messages, { role: "assistant", content, tool_calls }, ...results],
          tools,
        });
        assert.deepEqual([done.choices[0]?.message.content, done.choices[0]?.finish_reason], ["Booked.", "stop"]);
        for (const { id } of made) assert.ok(source.lastBody().includes(`result of ${id}`));
      });

      test("images", async () => {
        const text = source.plan({ say: "A square." });
        const content = [
          { type: "text" as const, text },
          { type: "image_url" as const, image_url: { url: toDataUrl(png, "image/png") } },
        ];
        const answer = await client.chat.completions.create({ model, messages: [{ role: "user", content }] });
        assert.equal(answer.choices[0]?.message.content, "A square.");
        assert.ok(source.lastBody().includes(png.toString("base64")), sha256(png));
      });

      for (const stream of [true, false]) {
        test(`a client that leaves ${stream ? "a stream" : "before the answer"} is heard of upstream`, async () => {
          const index = source.calls;
          const leaving = new AbortController();
          const options = { signal: leaving.signal };
          const request = { model, messages: prompt(source.plan({ never: stream ? "ends" : "begins" })) };
          if (stream) {
            for await (const { choices } of await client.chat.completions.create({ ...request, stream }, options)) {
              if (choices[0]?.delta.content) leaving.abort();
            }
            assert.ok(leaving.signal.aborted, "it had begun");
          } else {
            const answer = client.chat.completions.create(request, options);
            await source.untilCall(index);
            leaving.abort();
            await assert.rejects(Promise.resolve(answer), APIUserAbortError);
          }
          assert.equal(await (await source.untilCall(index)).ended, "cut");
        });
      }

      for (const [status, wanted, code] of [
        [400, BadRequestError, "upstream_rejected"],
        [404, NotFoundError, "model_not_found"],
        [429, RateLimitError, "upstream_rate_limited"],
        [503, InternalServerError, "upstream_overloaded"],
      ] as const) {
        test(`an upstream's ${status} is an error of its class`, async () => {
          const request = { model: failing, messages: prompt(source.plan({ refuse: status })) };
          for (const stream of [false, true]) {
            await assert.rejects(client.chat.completions.create({ ...request, stream }), (error) => {
              assert.ok(error instanceof wanted, String(error));
              assert.equal(error.code, isPassed ? null : code);
              if (isPassed) assert.match(error.message, new RegExp(`told to answer ${status}`));
              assert.match(error.requestID ?? "", /^req_/);
              return true;
            });
          }
        });
      }
    });
  }

  test("bytes pass to an upstream of OpenAI's as they are, but for the model's name and what is Gantry's own", async () => {
    const odd = `{ "new_field":{"a":[1e400,-0]},\r\n "model" : "gpt-test","messages":[{"role":"user","content":"\\u00e9 é"}]`;
    const raw = `{"id":"x", "é":1e400,"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"\\u00e9"}}]}\n`;
    served.scripted.answerWith(() => ({ raw, headers: { "x-ratelimit-remaining-requests": "7" } }));
    for (const [sent, arrives] of [
      [`${odd} }`, `${odd} }`],
      [`${odd},"gantry":{"driver":"direct"} }\n`, `${odd} }\n`],
      [`${odd.replace("{", '{"gantry": { } ,')} }`, `${odd} }`],
    ] as const) {
      const response = await fetch(`${served.gantry.url}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${served.gantry.key}`, "content-type": "application/json" },
        body: sent,
      });
      assert.equal(await response.text(), raw);
      assert.equal(response.headers.get("x-ratelimit-remaining-requests"), "7");
      assert.equal(served.scripted.calls.at(-1)?.text, arrives);
    }
  });
});
