import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ModelEvent } from "@gantry/contracts/model-call";
import { decodeAnswer } from "./decode-answer.ts";
import { encodeAnswer } from "./encode-answer.ts";
import { anyAnswer } from "./test-answers.ts";
import { joinDeltas, readAnswer, recorded } from "./test-samples.ts";

const head = { id: "msg_01Recorded", created: 0, model: "claude-sonnet-5-5" };
const usage = { inputTokens: 1, cacheReadTokens: 2, cacheWriteTokens: 3, outputTokens: 4 };

test("an answer that was read is written again as it was", () => {
  for (const name of recorded) {
    const body = JSON.parse(readAnswer(name).toString("utf8"));
    const { service_tier: _, cache_creation: __, ...figures } = body.usage;
    assert.deepEqual(encodeAnswer(decodeAnswer(body), head), { ...body, usage: figures }, name);
  }
});

test("calls that were written at the same time come whole, in the order in which they began", () => {
  const events: ModelEvent[] = [
    { type: "call.started", id: "x", model: "gpt" },
    { type: "text.delta", text: "a" },
    { type: "text.delta", text: "b" },
    { type: "tool_call.started", index: 0, id: "c0", name: "read" },
    { type: "tool_call.started", index: 1, id: "c1", name: "list" },
    { type: "tool_call.started", index: 2, id: "c2", name: "stat" },
    { type: "tool_call.delta", index: 2, arguments: '{"wrong": ' },
    { type: "tool_call.delta", index: 0, arguments: '{"p":' },
    { type: "tool_call.delta", index: 9, arguments: "of no call" },
    { type: "tool_call.delta", index: 0, arguments: "[1]}" },
    { type: "call.finished", reason: "tool_calls", usage },
  ];
  assert.deepEqual(encodeAnswer(events, head), {
    id: "msg_01Recorded",
    type: "message",
    role: "assistant",
    model: "claude-sonnet-5-5",
    content: [
      { type: "text", text: "ab" },
      { type: "tool_use", id: "c0", name: "read", input: { p: [1] } },
      { type: "tool_use", id: "c1", name: "list", input: {} },
      { type: "tool_use", id: "c2", name: "stat", input: '{"wrong": ' },
    ],
    stop_reason: "tool_use",
    stop_sequence: null,
    usage: { input_tokens: 1, cache_creation_input_tokens: 3, cache_read_input_tokens: 2, output_tokens: 4 },
  });
});

test("whatever a model answers, the body read back says the same", () => {
  const withoutMixing = (events: readonly ModelEvent[]) =>
    events.filter(({ type }) => type !== "tool_call.delta" && type !== "call.started");
  fc.assert(
    fc.property(anyAnswer, (events) => {
      const readBack = decodeAnswer(encodeAnswer(events, head));
      assert.deepEqual(joinDeltas(withoutMixing(readBack)), joinDeltas(withoutMixing(events)));
      const written = (all: readonly ModelEvent[], index: number) =>
        all
          .flatMap((each) => (each.type === "tool_call.delta" && each.index === index ? [each.arguments] : []))
          .join("");
      for (const index of [0, 1, 2]) {
        const [now, before] = [written(readBack, index), written(events, index)];
        if (before !== "") assert.deepEqual(JSON.parse(now), JSON.parse(before));
      }
    }),
  );
});

test("what is no message ends in a failure", () => {
  for (const body of [undefined, null, 5, "text", [], {}, { content: "text" }]) {
    const events = decodeAnswer(body);
    assert.deepEqual(
      events.map((event) => event.type === "call.failed" && event.error.code),
      ["upstream_failed"],
    );
  }
  const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
  const [failed] = decodeAnswer(error);
  assert.ok(failed?.type === "call.failed" && failed.error.code === "upstream_overloaded");
});

test("no JSON makes the decoder throw, and its last word is the end", () => {
  const content = fc.array(
    fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom("type", "text", "input"), fc.jsonValue())),
  );
  const body = fc.oneof(fc.jsonValue(), fc.record({ content, usage: fc.jsonValue(), stop_reason: fc.jsonValue() }));
  fc.assert(
    fc.property(body, (value) => {
      assert.match(decodeAnswer(value).at(-1)?.type ?? "", /^call\.(finished|failed)$/);
    }),
  );
  const deep: unknown = JSON.parse(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`);
  const last = decodeAnswer({ content: [{ type: "tool_use", id: "a", name: "b", input: deep }], usage: {} }).at(-1);
  assert.equal(last?.type, "call.failed");
});
