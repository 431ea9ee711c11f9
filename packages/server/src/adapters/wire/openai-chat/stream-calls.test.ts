import { test, type TestContext } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import OpenAI from "openai";
import type { ChatCompletionChunk } from "openai/resources/chat/completions";
import { toFailure } from "@gantry/contracts/errors";
import type { CallFinishReason, ModelEvent } from "@gantry/contracts/model-call";
import { createCallStreamDecoder } from "./calls/call-stream-decoder.ts";
import { createChatStreamEncoder } from "./stream.ts";
import { encodeCallAnswer } from "./calls/encode-call-answer.ts";

const head = { id: "chatcmpl-1", created: 1_767_225_600, model: "gpt" };
const usage = { inputTokens: 10, cacheReadTokens: 20, cacheWriteTokens: 30, outputTokens: 4 };
const started: ModelEvent = { type: "call.started", id: "msg_1", model: "claude" };
const say = (text: string): ModelEvent => ({ type: "text.delta", text });
const think = (text: string): ModelEvent => ({ type: "thinking.delta", text });
const call = (index: number, id: string, name: string): ModelEvent => ({ type: "tool_call.started", index, id, name });
const write = (index: number, text: string): ModelEvent => ({ type: "tool_call.delta", index, arguments: text });
const finished = (reason: CallFinishReason): ModelEvent => ({ type: "call.finished", reason, usage });

/** Two calls written side by side, and one without arguments. */
const parallel: readonly ModelEvent[] = [
  started,
  think("Which?"),
  { type: "thinking.signed", signature: "seal" },
  { type: "thinking.redacted", data: "x" },
  say("I look\u2028 "),
  say("twice."),
  call(0, "call_a", "read"),
  write(0, '{"path":'),
  call(1, "call_b", "now"),
  write(0, '"é\u0085"}'),
  call(2, "call_c", "read"),
  write(2, ""),
  write(2, '{"path":"c"}'),
  finished("tool_calls"),
];

function encodeAll(events: readonly ModelEvent[], includeUsage = false): string {
  const encoder = createChatStreamEncoder({ ...head, includeUsage });
  return events.map((event) => encoder.encode(event)).join("") + encoder.finish();
}

/** The official client, at a server on loopback that answers with these events. */
async function openClient(context: TestContext, events: readonly ModelEvent[]): Promise<OpenAI> {
  const server = createServer(async (request, response) => {
    const { stream, stream_options: options } = JSON.parse((await request.toArray()).join(""));
    response.setHeader("content-type", stream === true ? "text/event-stream" : "application/json");
    const includeUsage = options?.include_usage === true;
    response.end(stream === true ? encodeAll(events, includeUsage) : JSON.stringify(encodeCallAnswer(events, head)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  // A listening TCP server has an address and port.
  const { port } = server.address() as AddressInfo;
  return new OpenAI({ apiKey: "none", baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 });
}

const request = { model: "gpt", messages: [{ role: "user", content: "Hi" }] } satisfies object;
const question = { ...request, messages: [{ role: "user" as const, content: "Hi" }] };

const parsedCalls = [
  { id: "call_a", type: "function", function: { name: "read", arguments: '{"path":"é\u0085"}' } },
  { id: "call_b", type: "function", function: { name: "now", arguments: "{}" } },
  { id: "call_c", type: "function", function: { name: "read", arguments: '{"path":"c"}' } },
];
const parsedUsage = {
  prompt_tokens: 60,
  completion_tokens: 4,
  total_tokens: 64,
  prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 30 },
};

test("the official client puts parallel tool calls together from the stream", async (context) => {
  const client = await openClient(context, parallel);
  const stream = client.chat.completions.stream({ ...question, stream_options: { include_usage: true } });
  const completion = await stream.finalChatCompletion();
  const [choice] = completion.choices;
  assert.deepEqual(choice?.message.tool_calls, parsedCalls);
  assert.equal(choice?.message.content, "I look\u2028 twice.");
  assert.equal(choice?.finish_reason, "tool_calls");
  assert.deepEqual(completion.usage, parsedUsage);
});

test("the official client reads the same calls in a whole answer", async (context) => {
  const client = await openClient(context, parallel);
  const completion = await client.chat.completions.create(question);
  assert.deepEqual(
    { ...completion, _request_id: undefined },
    {
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 1_767_225_600,
      model: "gpt",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: "I look\u2028 twice.",
            refusal: null,
            reasoning_content: "Which?",
            tool_calls: parsedCalls,
          },
          logprobs: null,
          finish_reason: "tool_calls",
        },
      ],
      usage: parsedUsage,
      _request_id: undefined,
    },
  );
});

test("deltas come as the events come, each with its call's index", async (context) => {
  const client = await openClient(context, parallel);
  const chunks: ChatCompletionChunk[] = [];
  for await (const chunk of await client.chat.completions.create({ ...question, stream: true })) chunks.push(chunk);
  const begin = (index: number, id: string, name: string) => ({
    tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }],
  });
  const grow = (index: number, text: string) => ({ tool_calls: [{ index, function: { arguments: text } }] });
  assert.deepEqual(
    chunks.map(({ choices }) => [choices[0]?.delta, choices[0]?.finish_reason]),
    [
      [{ role: "assistant", content: "", refusal: null }, null],
      [{ reasoning_content: "Which?" }, null],
      [{ content: "I look\u2028 " }, null],
      [{ content: "twice." }, null],
      [begin(0, "call_a", "read"), null],
      [grow(0, '{"path":'), null],
      [begin(1, "call_b", "now"), null],
      [grow(0, '"é\u0085"}'), null],
      [begin(2, "call_c", "read"), null],
      [grow(2, '{"path":"c"}'), null],
      [grow(1, "{}"), null],
      [{}, "tool_calls"],
    ],
  );
  assert.ok(chunks.every(({ usage: figures }) => figures === undefined));
});

test("a failure in mid-stream makes the official client throw with our code, and nothing follows", async (context) => {
  const error = toFailure("upstream_overloaded");
  const events: readonly ModelEvent[] = [started, say("a"), { type: "call.failed", error, usage }, say("b")];
  assert.ok(!encodeAll(events).includes("[DONE]"));
  const client = await openClient(context, events);
  const stream = await client.chat.completions.create({ ...question, stream: true });
  const seen: unknown[] = [];
  await assert.rejects(
    async () => {
      for await (const chunk of stream) seen.push(chunk.choices[0]?.delta.content);
    },
    { code: "upstream_overloaded" },
  );
  assert.deepEqual(seen, ["", "a"]);
});

test("an answer without its last event ends in an error, and nothing follows a last word", () => {
  assert.match(encodeAll([started, say("a")]), /"code":"upstream_interrupted"\}\}\n\n$/);
  assert.match(encodeAll([]), /^data: \{"error":/);
  const encoder = createChatStreamEncoder({ ...head, includeUsage: false });
  encoder.encode(finished("stop"));
  assert.equal(encoder.encode(say("more")) + encoder.encode(finished("stop")) + encoder.finish(), "");
});

test("every reason of an answer's end has one of OpenAI's", () => {
  const reasons = {
    stop: "stop",
    stop_sequence: "stop",
    length: "length",
    tool_calls: "tool_calls",
    refusal: "content_filter",
    pause: "length",
  } as const satisfies Record<CallFinishReason, string>;
  for (const [reason, expected] of Object.entries(reasons) as [CallFinishReason, string][]) {
    assert.ok(encodeAll([started, finished(reason)]).includes(`"finish_reason":"${expected}"`), reason);
    assert.equal(encodeCallAnswer([started, finished(reason)], head).choices[0].finish_reason, expected);
  }
});

test("an answer of calls alone has no content, an empty one an empty text", () => {
  const contentOf = (events: readonly ModelEvent[]) => encodeCallAnswer(events, head).choices[0].message.content;
  assert.equal(contentOf([started, call(0, "a", "f"), finished("tool_calls")]), null);
  assert.equal(contentOf([started, finished("stop")]), "");
});

test("an answer that failed cannot be encoded whole", () => {
  const failed: ModelEvent = { type: "call.failed", error: toFailure("upstream_failed"), usage };
  assert.throws(() => encodeCallAnswer([started, failed], head), /finished/);
});

const anyText = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
const anyContent = fc.array(fc.oneof(anyText.map(say), anyText.map(think), fc.tuple(fc.nat(3), anyText)), {
  maxLength: 12,
});

test("what is encoded reads back as it was, in a stream and whole", () => {
  fc.assert(
    fc.property(anyContent, fc.constantFrom("stop", "length", "refusal"), (content, reason) => {
      const indexes = new Map<number, number>();
      const events: ModelEvent[] = [{ type: "call.started", id: head.id, model: head.model }];
      for (const each of content) {
        if (!Array.isArray(each)) {
          events.push(each);
          continue;
        }
        const [key, text] = each;
        const known = indexes.get(key);
        const index = known ?? indexes.size;
        indexes.set(key, index);
        if (known === undefined) events.push(call(index, `call_${index}`, `tool${key}`));
        events.push(write(index, text));
      }
      const ends = indexes.size > 0 && reason === "stop" ? "tool_calls" : reason;
      events.push(finished(ends));
      const decoder = createCallStreamDecoder(() => "unused");
      assert.deepEqual([...decoder.push(Buffer.from(encodeAll(events, true))), ...decoder.finish()], events);

      const body = encodeCallAnswer(events, head);
      const again = createCallStreamDecoder(() => "unused");
      const seen = [...again.push(Buffer.from(JSON.stringify(body))), ...again.finish()];
      assert.deepEqual(encodeCallAnswer(seen, head), body);
    }),
  );
});
