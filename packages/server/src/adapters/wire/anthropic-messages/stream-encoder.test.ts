import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ModelEvent } from "@gantry/contracts/model-call";
import { toFailure } from "@gantry/contracts/errors";
import { openStreamEncoder } from "./stream-encoder.ts";
import { anyAnswer } from "./test-answers.ts";
import { decodeAll, joinDeltas } from "./test-samples.ts";

const head = { id: "msg_1", created: 0, model: "alias" };
const usage = { inputTokens: 10, cacheReadTokens: 20, cacheWriteTokens: 30, outputTokens: 4 };
const encodedUsage = {
  input_tokens: 10,
  cache_creation_input_tokens: 30,
  cache_read_input_tokens: 20,
  output_tokens: 4,
};
const started: ModelEvent = { type: "call.started", id: "x", model: "gpt" };
const finished: ModelEvent = { type: "call.finished", reason: "stop", usage };
const say = (text: string): ModelEvent => ({ type: "text.delta", text });
const think = (text: string): ModelEvent => ({ type: "thinking.delta", text });
const open = (index: number): ModelEvent => ({ type: "tool_call.started", index, id: `call_${index}`, name: "read" });
const grow = (index: number, text: string): ModelEvent => ({ type: "tool_call.delta", index, arguments: text });

function encodeAll(events: readonly ModelEvent[]): string {
  const encoder = openStreamEncoder(head);
  return events.map((event) => encoder.encode(event)).join("") + encoder.finish();
}

/** The data of the events, each of which must be named as its data says. */
function parse(stream: string): Record<string, unknown>[] {
  return stream
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => {
      const [, name, data = ""] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
      const parsed: Record<string, unknown> = JSON.parse(data);
      assert.equal(parsed["type"], name);
      return parsed;
    });
}

const start = {
  type: "message_start",
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "alias",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 },
  },
};
const blockStart = (index: number, block: object) => ({ type: "content_block_start", index, content_block: block });
const delta = (index: number, value: object) => ({ type: "content_block_delta", index, delta: value });
const stop = (index: number) => ({ type: "content_block_stop", index });
const end = (reason: string, sequence: string | null = null) => [
  { type: "message_delta", delta: { stop_reason: reason, stop_sequence: sequence }, usage: encodedUsage },
  { type: "message_stop" },
];
const toolStart = (index: number, call_: number) =>
  blockStart(index, { type: "tool_use", id: `call_${call_}`, name: "read", input: {} });
const json = (index: number, text: string) => delta(index, { type: "input_json_delta", partial_json: text });

test("thinking, its seal, text and a tool call come in the vendor's order of events", () => {
  const events = [
    { ...started, usage: { ...usage, outputTokens: 0 } },
    think("h"),
    think("m"),
    { type: "thinking.signed", signature: "s" },
    { type: "thinking.redacted", data: "r" },
    say("a"),
    say(""),
    say("b"),
    open(0),
    grow(0, '{"p":'),
    grow(0, '"x"}'),
    { type: "call.finished", reason: "tool_calls", usage },
  ] as const;
  assert.deepEqual(parse(encodeAll(events)), [
    { ...start, message: { ...start.message, usage: { ...encodedUsage, output_tokens: 0 } } },
    blockStart(0, { type: "thinking", thinking: "", signature: "" }),
    delta(0, { type: "thinking_delta", thinking: "h" }),
    delta(0, { type: "thinking_delta", thinking: "m" }),
    delta(0, { type: "signature_delta", signature: "s" }),
    stop(0),
    blockStart(1, { type: "redacted_thinking", data: "r" }),
    stop(1),
    blockStart(2, { type: "text", text: "" }),
    delta(2, { type: "text_delta", text: "a" }),
    delta(2, { type: "text_delta", text: "b" }),
    stop(2),
    toolStart(3, 0),
    json(3, '{"p":'),
    json(3, '"x"}'),
    stop(3),
    ...end("tool_use"),
  ]);
});

test("an answer without content has a beginning and an end", () => {
  assert.deepEqual(parse(encodeAll([started, finished])), [start, ...end("end_turn")]);
  assert.deepEqual(parse(encodeAll([finished])), [start, ...end("end_turn")]);
});

test("each piece is sent at once, but for tool calls behind one that is not whole", () => {
  const encoder = openStreamEncoder(head);
  encoder.encode(started);
  const send = (event: ModelEvent) => parse(encoder.encode(event));
  assert.deepEqual(send(open(0)), [toolStart(0, 0)]);
  assert.deepEqual(send(grow(0, '{"a":"}')), [json(0, '{"a":"}')]);
  assert.deepEqual(send(open(1)), []);
  assert.deepEqual(send(grow(1, "{")), []);
  assert.deepEqual(send(grow(0, '\\"')), [json(0, '\\"')]);
  assert.deepEqual(send(grow(0, '"}')), [json(0, '"}'), stop(0), toolStart(1, 1), json(1, "{")]);
  assert.deepEqual(send(grow(1, '"b":[{}]')), [json(1, '"b":[{}]')]);
  assert.deepEqual(send(say("so")), []);
  assert.deepEqual(send(open(2)), []);
  assert.deepEqual(send(grow(1, "}")), [
    json(1, "}"),
    stop(1),
    blockStart(2, { type: "text", text: "" }),
    delta(2, { type: "text_delta", text: "so" }),
    stop(2),
    toolStart(3, 2),
  ]);
  assert.deepEqual(send(finished), [stop(3), ...end("end_turn")]);
});

test("calls whose arguments never are whole come one after the other at the end", () => {
  const events = [started, open(0), open(1), grow(1, '{"b"'), grow(0, '{"a"'), grow(7, "x"), grow(1, ":1"), finished];
  assert.deepEqual(parse(encodeAll(events)).slice(1, -2), [
    toolStart(0, 0),
    json(0, '{"a"'),
    stop(0),
    toolStart(1, 1),
    json(1, '{"b"'),
    json(1, ":1"),
    stop(1),
  ]);
});

test("a seal without words has a block of its own, and seals only once", () => {
  const sign: ModelEvent = { type: "thinking.signed", signature: "s" };
  const blocks = parse(encodeAll([started, sign, think("a"), sign, finished])).filter(
    ({ type }) => type === "content_block_start",
  );
  assert.equal(blocks.length, 2);
});

test("the reason of the end is told in the vendor's words", () => {
  const endOf = (event: ModelEvent) => parse(encodeAll([event])).slice(1);
  const reasons = { stop: "end_turn", length: "max_tokens", refusal: "refusal", pause: "pause_turn" } as const;
  for (const reason of ["stop", "length", "refusal", "pause"] as const) {
    assert.deepEqual(endOf({ type: "call.finished", reason, usage }), end(reasons[reason]));
  }
  assert.deepEqual(
    endOf({ type: "call.finished", reason: "stop_sequence", stopSequence: "END", usage }),
    end("stop_sequence", "END"),
  );
});

test("a failure is one error event, with nothing before it that was not said, and nothing after it", () => {
  const failed: ModelEvent = { type: "call.failed", error: toFailure("upstream_overloaded"), usage };
  const error = {
    type: "error",
    error: {
      type: "overloaded_error",
      message: "The model's provider is overloaded.",
      details: { error_code: "upstream_overloaded" },
    },
  };
  assert.deepEqual(parse(encodeAll([failed, say("late"), finished])), [error]);
  assert.deepEqual(parse(encodeAll([started, failed])), [start, error]);
});

test("an answer that ends without its last word ends in an error", () => {
  for (const events of [[], [started], [started, say("a")]]) {
    const last = parse(encodeAll(events)).at(-1);
    assert.equal(last?.["type"], "error");
  }
  assert.equal(encodeAll([finished, finished]), encodeAll([finished]));
});

test("line ends that only some clients know do not cut an event in two", () => {
  const stream = encodeAll([started, say("a\u2028b\u0085c\u2029d"), finished]);
  assert.doesNotMatch(stream, /[\u0085\u2028\u2029]/);
  assert.deepEqual(parse(stream)[2], delta(0, { type: "text_delta", text: "a\u2028b\u0085c\u2029d" }));
});

test("whatever a model answers, the stream read back says the same, one block after the other", () => {
  fc.assert(
    fc.property(anyAnswer, (events) => {
      const stream = encodeAll(events);
      const blocks = parse(stream).filter(({ type }) => /^content_block_(start|stop)$/.test(String(type)));
      blocks.forEach(({ type, index }, place) => {
        assert.deepEqual([type, index], [place % 2 === 0 ? "content_block_start" : "content_block_stop", place >> 1]);
      });
      const readBack = joinDeltas(decodeAll([Buffer.from(stream)])).slice(1);
      assert.deepEqual(readBack, joinDeltas(inOrder(events)).slice(1));
    }),
    { numRuns: 300 },
  );
});

/** Each call's arguments put behind its beginning. */
function inOrder(events: readonly ModelEvent[]): ModelEvent[] {
  return events.flatMap((event): ModelEvent[] => {
    if (event.type === "tool_call.delta") return [];
    if (event.type !== "tool_call.started") return [event];
    const written = events.filter((other) => other.type === "tool_call.delta" && other.index === event.index);
    return [event, ...written];
  });
}
