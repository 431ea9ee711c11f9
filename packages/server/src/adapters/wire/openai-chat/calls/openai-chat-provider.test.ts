import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ChatCompletion } from "openai/resources/chat/completions";
import { noUsage } from "@gantry/contracts/completion";
import { createOpenAiChatProvider } from "./openai-chat-provider.ts";
import { compatibleManner, openAiManner } from "./server-manner.ts";

function createProvider() {
  let made = 0;
  return createOpenAiChatProvider(
    compatibleManner,
    () => `00000000-0000-4000-8000-${String((made += 1)).padStart(12, "0")}`,
  );
}

const answer: ChatCompletion = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_767_225_600,
  model: "gpt-5.2",
  choices: [
    {
      index: 0,
      message: {
        role: "assistant",
        content: "I look.",
        refusal: null,
        tool_calls: [
          { id: "call_a", type: "function", function: { name: "read", arguments: '{"path":"a"}' } },
          { id: "call_b", type: "function", function: { name: "now", arguments: "" } },
        ],
      },
      logprobs: null,
      finish_reason: "tool_calls",
    },
  ],
  usage: {
    prompt_tokens: 100,
    completion_tokens: 20,
    total_tokens: 120,
    prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
  },
};

test("a whole answer becomes the events that a stream would have been", () => {
  assert.deepEqual(createProvider().decodeAnswer(answer), [
    { type: "call.started", id: "chatcmpl-1", model: "gpt-5.2" },
    { type: "text.delta", text: "I look." },
    { type: "tool_call.started", index: 0, id: "call_a", name: "read" },
    { type: "tool_call.delta", index: 0, arguments: '{"path":"a"}' },
    { type: "tool_call.started", index: 1, id: "call_b", name: "now" },
    {
      type: "call.finished",
      reason: "tool_calls",
      usage: { inputTokens: 30, cacheReadTokens: 60, cacheWriteTokens: 10, outputTokens: 20 },
    },
  ]);
});

test("an answer that says nothing of its end has one all the same", () => {
  const events = createProvider().decodeAnswer({ choices: [{ message: { content: "Hi" } }] });
  assert.deepEqual(events, [
    { type: "call.started", id: "", model: "" },
    { type: "text.delta", text: "Hi" },
    { type: "call.finished", reason: "stop", usage: noUsage },
  ]);
});

test("of several answers the first alone counts, wherever it stands", () => {
  const choices = [
    { index: 1, message: { content: "Two" }, finish_reason: "length" },
    { index: 0, message: { content: "One" }, finish_reason: "stop" },
  ];
  assert.deepEqual(createProvider().decodeAnswer({ id: "a", model: "m", choices }), [
    { type: "call.started", id: "a", model: "m" },
    { type: "text.delta", text: "One" },
    { type: "call.finished", reason: "stop", usage: noUsage },
  ]);
});

test("a body that is no answer is one failure", () => {
  for (const body of [undefined, null, "", 1, [], {}, { choices: [] }, { choices: [1] }, { choices: {} }]) {
    const codes = createProvider()
      .decodeAnswer(body)
      .map((event) => (event.type === "call.failed" ? event.error.code : event));
    assert.deepEqual(codes, ["upstream_failed"], JSON.stringify(body));
  }
  const [failed] = createProvider().decodeAnswer({
    error: { message: "no such field", type: "invalid_request_error" },
  });
  assert.equal(failed?.type === "call.failed" ? failed.error.code : failed, "upstream_rejected");
  fc.assert(
    fc.property(fc.jsonValue(), (body) => {
      assert.equal(createProvider().decodeAnswer(body).at(-1)?.type, "call.failed");
    }),
  );
});

test("calls without an id get one that no other answer has, short enough for every server", () => {
  const provider = createProvider();
  const nameless = {
    choices: [
      { message: { tool_calls: [{ function: { name: "f" } }, { function: { name: "g" } }] }, finish_reason: "stop" },
    ],
  };
  const ids = [nameless, nameless]
    .flatMap((body) => provider.decodeAnswer(body))
    .flatMap((event) => (event.type === "tool_call.started" ? [event.id] : []));
  assert.equal(new Set(ids).size, 4);
  for (const id of ids) assert.match(id, /^call_[0-9a-f]{32}$/);
  assert.ok(ids.every((id) => id.length <= openAiManner.longestCallId));
});

test("more cached tokens than input, and figures that are none, never make a figure below zero", () => {
  const count = fc.oneof(fc.integer({ min: -10, max: 1000 }), fc.double(), fc.constantFrom(null, "5", 2 ** 53));
  const figures = fc.record({
    prompt_tokens: count,
    completion_tokens: count,
    total_tokens: count,
    prompt_tokens_details: fc.record({ cached_tokens: count, cache_write_tokens: count }),
  });
  fc.assert(
    fc.property(figures, (usage) => {
      const last = createProvider()
        .decodeAnswer({ ...answer, usage })
        .at(-1);
      assert.ok(last?.type === "call.finished");
      const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = last.usage;
      for (const each of [inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens]) {
        assert.ok(Number.isSafeInteger(each) && each >= 0);
      }
      if (outputTokens > 0 && Number.isSafeInteger(usage.prompt_tokens)) {
        assert.equal(inputTokens + cacheReadTokens + cacheWriteTokens, Math.max(Number(usage.prompt_tokens), 0));
      }
    }),
  );
});

test("an empty account is not told as a limit that passes", () => {
  const { decodeError } = createProvider();
  const limited = { error: { message: "Slow down.", type: "requests", param: null, code: "rate_limit_exceeded" } };
  const empty = { error: { message: "Pay.", type: "insufficient_quota", param: null, code: "insufficient_quota" } };
  const passing = decodeError(429, { "retry-after-ms": "1500" }, JSON.stringify(limited));
  assert.deepEqual([passing.code, passing.retryAfterMs], ["upstream_rate_limited", 1500]);
  assert.equal(decodeError(429, {}, JSON.stringify(empty)).code, "upstream_usage_limit");
});
