import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import OpenAI from "openai";
import { Stream } from "openai/streaming";
import type { ChatCompletionChunk } from "openai/resources/chat/completions";
import type { CompletionEvent } from "@gantry/contracts/completion";
import { toFailure } from "@gantry/contracts/errors";
import { collectAnswer } from "../../../core/completions/collect-answer.ts";
import { encodeChatCompletion } from "./encode.ts";
import { createChatStreamEncoder } from "./stream.ts";

const settings = { id: "chatcmpl-1", created: 1_767_225_600, model: "claude-sonnet-5-5", includeUsage: false };
const usage = { inputTokens: 10, cacheReadTokens: 20, cacheWriteTokens: 30, outputTokens: 4 };
const started: CompletionEvent = { type: "answer.started", model: "claude-sonnet-5-5" };
const say = (text: string): CompletionEvent => ({ type: "text.delta", text });
const think = (text: string): CompletionEvent => ({ type: "thinking.delta", text });
const finished: CompletionEvent = { type: "answer.finished", reason: "stop", usage };

function encodeAll(events: readonly CompletionEvent[], extra: Partial<typeof settings> = {}): string {
  const encoder = createChatStreamEncoder({ ...settings, ...extra });
  return events.map((event) => encoder.encode(event)).join("") + encoder.finish();
}

/** The bytes as a response that arrives cut at these places. */
function toResponse(text: string, cuts: readonly number[] = []): Response {
  const bytes = new TextEncoder().encode(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return new Response(
    new ReadableStream({
      start(controller) {
        for (const [index, place] of places.entries()) controller.enqueue(bytes.slice(places[index - 1] ?? 0, place));
        controller.close();
      },
    }),
    { headers: { "content-type": "text/event-stream" } },
  );
}

async function decodeWithClient(response: Response): Promise<ChatCompletionChunk[]> {
  const chunks: ChatCompletionChunk[] = [];
  for await (const each of Stream.fromSSEResponse<ChatCompletionChunk>(response, new AbortController()))
    chunks.push(each);
  return chunks;
}

const chunk = (delta: object, finishReason: string | null = null) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1_767_225_600,
  model: "claude-sonnet-5-5",
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
});
const roleDelta = { role: "assistant", content: "", refusal: null };
const encodedUsage = {
  prompt_tokens: 60,
  completion_tokens: 4,
  total_tokens: 64,
  prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 30 },
};

test("an answer becomes role, deltas, finish reason and the end mark", async () => {
  const text = encodeAll([started, think("hm"), say("Par"), say("is"), finished]);
  assert.ok(text.endsWith('"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'));
  assert.deepEqual(await decodeWithClient(toResponse(text)), [
    chunk(roleDelta),
    chunk({ reasoning_content: "hm" }),
    chunk({ content: "Par" }),
    chunk({ content: "is" }),
    chunk({}, "stop"),
  ]);
});

test("asked-for usage comes with the cost in a last chunk without choices, and is null in the others", async () => {
  const paid = { ...finished, costMicros: 1_500 };
  const chunks = await decodeWithClient(toResponse(encodeAll([started, say("a"), paid], { includeUsage: true })));
  assert.deepEqual(chunks, [
    { ...chunk(roleDelta), usage: null },
    { ...chunk({ content: "a" }), usage: null },
    { ...chunk({}, "stop"), usage: null },
    { ...chunk({}), choices: [], usage: encodedUsage, cost: 0.0015 },
  ]);
});

test("a fingerprint stands in every chunk", async () => {
  const encoder = createChatStreamEncoder({ ...settings, includeUsage: true, systemFingerprint: "fp" });
  const text = [started, say("a"), finished].map((event) => encoder.encode(event)).join("");
  const chunks = await decodeWithClient(toResponse(text));
  assert.deepEqual(
    chunks.map((each) => each.system_fingerprint),
    ["fp", "fp", "fp", "fp"],
  );
});

test("the role comes first and once, even where the start was not told", () => {
  assert.equal(encodeAll([say("a"), started, finished]), encodeAll([started, say("a"), finished]));
  assert.match(encodeAll([finished]), /"role":"assistant"/);
});

test("empty deltas give nothing", () => {
  const encoder = createChatStreamEncoder(settings);
  assert.equal(encoder.encode(say("")), "");
  assert.equal(encoder.encode(think("")), "");
});

test("a retry upstream is a comment that clients skip", async () => {
  const retry: CompletionEvent = { type: "upstream.retried", attempt: 2, status: 529, delayMs: 500 };
  const encoder = createChatStreamEncoder(settings);
  assert.equal(encoder.encode(retry), ": upstream retry 2, status 529, in 500 ms\n\n");
  const unreachable = encoder.encode({ type: "upstream.retried", attempt: 3, delayMs: 1 });
  assert.equal(unreachable, ": upstream retry 3, no connection, in 1 ms\n\n");
  const chunks = await decodeWithClient(toResponse(encodeAll([retry, started, finished])));
  assert.equal(chunks.length, 2);
});

test("a failure in mid-stream makes the client throw with our code, and no end mark follows", async () => {
  const failure = toFailure("upstream_failed", "The model's provider failed.", { param: "model" });
  const text = encodeAll([started, say("a"), { type: "answer.failed", error: failure, usage }, say("b")]);
  assert.ok(!text.includes("[DONE]"));
  const client = new OpenAI({ apiKey: "none", baseURL: "http://127.0.0.1/v1", fetch: async () => toResponse(text) });
  const stream = await client.chat.completions.create({ model: "m", messages: [], stream: true });
  const seen: (string | null | undefined)[] = [];
  await assert.rejects(
    async () => {
      for await (const each of stream) seen.push(each.choices[0]?.delta.content);
    },
    (error) => {
      assert.ok(error instanceof OpenAI.APIError);
      assert.deepEqual([error.code, error.type, error.param], ["upstream_failed", "server_error", "model"]);
      return true;
    },
  );
  assert.deepEqual(seen, ["", "a"]);
});

test("a stream that ends without a last word ends in an error, one that had it in nothing more", () => {
  const cut = encodeAll([started, say("a")]);
  assert.match(cut, /data: \{"error":\{.*"code":"upstream_interrupted"\}\}\n\n$/);
  const encoder = createChatStreamEncoder(settings);
  encoder.encode(finished);
  assert.deepEqual(
    [encoder.finish(), encoder.encode(say("late")), encoder.encode(finished), encoder.finish()],
    ["", "", "", ""],
  );
});

test("no character of the text can end a line early", async () => {
  const hostile = 'a\u2028b\u2029c\u0085d\ne\rf\0g"h\\u2028i\ndata: [DONE]\n\n';
  const text = encodeAll([started, say(hostile), finished], { model: "m\u2028\n" });
  assert.doesNotMatch(text, /[\u0085\u2028\u2029\r]/);
  const chunks = await decodeWithClient(toResponse(text));
  assert.equal(chunks[1]?.choices[0]?.delta.content, hostile);
  assert.equal(chunks[1]?.model, "m\u2028\n");
});

const anyText = fc.string({ unit: "binary", maxLength: 30 });
const anyEvents = fc
  .record({
    before: fc.array(fc.constant<CompletionEvent>({ type: "upstream.retried", attempt: 1, delayMs: 5 }), {
      maxLength: 2,
    }),
    deltas: fc.array(fc.oneof(anyText.map(say), anyText.map(think)), { maxLength: 12 }),
    reason: fc.constantFrom("stop", "stop_sequence", "length", "refusal"),
    counts: fc.record({
      inputTokens: fc.nat(),
      cacheReadTokens: fc.nat(),
      cacheWriteTokens: fc.nat(),
      outputTokens: fc.nat(),
    }),
  })
  .map(({ before, deltas, reason, counts }): CompletionEvent[] => [
    ...before,
    started,
    ...deltas,
    { type: "answer.finished", reason, usage: counts },
  ]);

test("any split of the bytes gives the client the same chunks, which add up to the collected answer", async () => {
  await fc.assert(
    fc.asyncProperty(anyEvents, fc.array(fc.nat(), { maxLength: 20 }), async (events, cuts) => {
      const text = encodeAll(events, { includeUsage: true });
      const chunks = await decodeWithClient(toResponse(text, cuts));
      assert.deepEqual(chunks, await decodeWithClient(toResponse(text)));

      const collected = await collectAnswer(events);
      assert.ok(collected.ok);
      const whole = encodeChatCompletion({ ...settings, ...collected });
      const deltas = chunks.flatMap((each) => each.choices.map((choice) => choice.delta));
      assert.equal(deltas.map((delta) => delta.content ?? "").join(""), whole.choices[0].message.content);
      assert.equal(
        deltas.map((delta) => ("reasoning_content" in delta ? delta.reasoning_content : "")).join(""),
        whole.choices[0].message.reasoning_content ?? "",
      );
      assert.equal(chunks.at(-2)?.choices[0]?.finish_reason, whole.choices[0].finish_reason);
      assert.deepEqual(chunks.at(-1)?.usage, whole.usage);
    }),
    { numRuns: 150 },
  );
});

test("a stream split at every single byte reads the same", async () => {
  const text = encodeAll([started, say("Grüße 😀\u2028\n"), finished]);
  const cuts = Array.from({ length: new TextEncoder().encode(text).length }, (_, index) => index);
  assert.deepEqual(await decodeWithClient(toResponse(text, cuts)), await decodeWithClient(toResponse(text)));
});
