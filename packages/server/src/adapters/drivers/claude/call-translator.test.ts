import assert from "node:assert/strict";
import { test } from "node:test";
import type { CliBlock, CliLine } from "./cli-line.ts";
import { describeEvent } from "./test-recordings.ts";
import { createTurnTranslator } from "./turn-translator.ts";

const stream = (event: Extract<CliLine, { type: "stream_event" }>["event"]): CliLine => ({
  type: "stream_event",
  event,
});
const start: CliLine = stream({
  type: "message_start",
  message: { model: "m", usage: { input_tokens: 3, output_tokens: 1 } },
});
const open = (index: number, block: CliBlock) => stream({ type: "content_block_start", index, content_block: block });
const call = (index: number, name: string, input: object = {}) =>
  open(index, { type: "tool_use", id: `id${index}`, name, input });
const write = (index: number, json: string) =>
  stream({ type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json: json } });
const close = (index: number) => stream({ type: "content_block_stop", index });
const stop = (reason: string) =>
  stream({ type: "message_delta", delta: { stop_reason: reason }, usage: { output_tokens: 9 } });
const end = stream({ type: "message_stop" });
const result: CliLine = { type: "result", subtype: "success", is_error: false, total_cost_usd: 0.5 };
const text = (index: number, value: string) =>
  stream({ type: "content_block_delta", index, delta: { type: "text_delta", text: value } });

/** What the lines come to with tools `a` and `b`, one line an event, with what the agent is told to do. */
function translate(lines: readonly CliLine[], { costBefore }: { costBefore?: number } = {}): string[] {
  const translator = createTurnTranslator(costBefore, () => 0, ["a", "b"]);
  return lines.flatMap((line) => {
    const { events, interrupt, waits, done } = translator.take(line);
    const told = [interrupt && "interrupt", waits && "waits", done && (translator.answered ? "answered" : "done")];
    return [...events.map(describeEvent), ...told.filter((each) => typeof each === "string")];
  });
}

test("calls are told as they are written, and end the answer with the figures of its end", () => {
  const two = [call(1, "a"), write(1, '{"x"'), write(1, ":1}"), close(1), call(2, "b"), close(2)];
  assert.deepEqual(translate([start, text(0, "so"), ...two, stop("tool_use"), end, result]), [
    "started m",
    'text "so"',
    "call 0 of a",
    'arguments 0 {"x"',
    "arguments 0 :1}",
    "call 1 of b",
    "arguments 1 {}",
    "finished tool_calls, 3+0+0 in 9 out, unknown micros",
    "waits",
    "done",
  ]);
});

test("arguments that come with the beginning of a call are told as well", () => {
  assert.deepEqual(translate([start, call(0, "a", { x: 1 }), close(0), stop("end_turn"), end]).slice(1, 3), [
    "call 0 of a",
    'arguments 0 {"x":1}',
  ]);
});

test("a call that the CLI would answer by itself is told, and the CLI does not go on with it", () => {
  for (const lines of [
    [call(0, "unknown"), close(0)],
    [call(0, "a"), close(0), call(1, "unknown"), close(1)],
    [call(0, "a"), write(0, "{no json"), close(0)],
    [call(0, "a"), write(0, "[]"), close(0)],
  ]) {
    const seen = translate([start, ...lines, stop("tool_use"), end, start, text(0, "of its own"), result]);
    assert.deepEqual(
      seen.slice(-3).map((each) => each.split(",")[0]),
      ["interrupt", "finished tool_calls", "done"],
    );
  }
});

test("calls that are cut off by a bound are no calls that are waited for", () => {
  const seen = translate([start, call(0, "a"), write(0, '{"x'), stop("max_tokens"), end, result]);
  assert.deepEqual(
    seen.map((each) => each.split(",")[0]),
    ["started m", "call 0 of a", 'arguments 0 {"x', "interrupt", "finished length", "done"],
  );
});

test("what the CLI's total covers besides this part is not taken for its cost", () => {
  const answer = [start, text(0, "a"), stop("end_turn"), end, result];
  assert.equal(translate(answer, { costBefore: 0.25 }).at(-2), "finished stop, 3+0+0 in 9 out, 250000 micros");
  assert.equal(translate(answer).at(-2), "finished stop, 3+0+0 in 9 out, unknown micros");
});

test("a CLI that does not know the tools is not let begin", () => {
  const init = (tools: unknown): CliLine => ({ type: "system", subtype: "init", tools });
  assert.deepEqual(translate([init(["a", "b", "c"]), start]), ["started m"]);
  for (const tools of [[], ["a"], undefined, "a b"]) assert.deepEqual(translate([init(tools), start]), ["interrupt"]);
});

test("thoughts are told with their seal, and those that are hidden too", () => {
  const thinking = { type: "thinking_delta", thinking: "hm" };
  const lines = [
    start,
    stream({ type: "content_block_delta", index: 0, delta: thinking }),
    stream({ type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "sig" } }),
    open(1, { type: "redacted_thinking", data: "xyz" }),
  ];
  assert.deepEqual(translate(lines), ["started m", 'thinking "hm"', "signed", "redacted"]);
});
