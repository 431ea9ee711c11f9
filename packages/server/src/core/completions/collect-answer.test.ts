import { test } from "node:test";
import assert from "node:assert/strict";
import { type CompletionEvent, noUsage } from "@gantry/contracts/completion";
import { toFailure } from "@gantry/contracts/errors";
import { collectAnswer } from "./collect-answer.ts";

const usage = { inputTokens: 1, cacheReadTokens: 2, cacheWriteTokens: 3, outputTokens: 4 };
const started: CompletionEvent = { type: "answer.started", model: "m" };
const say = (text: string): CompletionEvent => ({ type: "text.delta", text });
const finished: CompletionEvent = { type: "answer.finished", reason: "stop", usage };

test("deltas are put together in order, thinking apart from text", async () => {
  const collected = await collectAnswer([
    { type: "upstream.retried", attempt: 1, status: 529, delayMs: 10 },
    started,
    { type: "thinking.delta", text: "h" },
    say("a"),
    { type: "thinking.delta", text: "m" },
    say("b"),
    { type: "answer.finished", reason: "length", usage, costMicros: 5 },
  ]);
  assert.deepEqual(collected, {
    ok: true,
    text: "ab",
    thinking: "hm",
    calls: [],
    finishReason: "length",
    usage,
    costMicros: 5,
  });
});

test("a failure is the outcome, whatever was said before", async () => {
  const failure = toFailure("upstream_failed");
  const collected = await collectAnswer([started, say("a"), { type: "answer.failed", error: failure, usage }]);
  assert.deepEqual(collected, { ok: false, failure, usage });
});

test("events without a last word are a cut-off answer", async () => {
  for (const events of [[], [started, say("a")]]) {
    assert.deepEqual(await collectAnswer(events), {
      ok: false,
      failure: toFailure("upstream_interrupted"),
      usage: noUsage,
    });
  }
});

test("what comes after the last word has no effect, but is read", async () => {
  let read = 0;
  async function* tell() {
    for (const event of [started, say("a"), finished, say("b"), { ...finished, reason: "refusal" as const }]) {
      read += 1;
      yield event;
    }
  }
  assert.deepEqual(await collectAnswer(tell()), {
    ok: true,
    text: "a",
    thinking: "",
    calls: [],
    finishReason: "stop",
    usage,
  });
  assert.equal(read, 5);
});

test("calls of tools are put together by their index, and one without arguments has an empty object", async () => {
  const collected = await collectAnswer([
    started,
    say("I look."),
    { type: "tool_call.started", index: 0, id: "a", name: "read" },
    { type: "tool_call.delta", index: 0, arguments: '{"at":' },
    { type: "tool_call.started", index: 1, id: "b", name: "now" },
    { type: "tool_call.delta", index: 0, arguments: "1}" },
    { type: "tool_call.delta", index: 1, arguments: "" },
    { type: "answer.finished", reason: "tool_calls", usage },
  ]);
  assert.ok(collected.ok);
  assert.deepEqual(collected.calls, [
    { type: "tool_call", id: "a", name: "read", arguments: '{"at":1}' },
    { type: "tool_call", id: "b", name: "now", arguments: "{}" },
  ]);
  assert.deepEqual([collected.text, collected.finishReason], ["I look.", "tool_calls"]);
});
