import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { noUsage } from "@gantry/contracts/completion";
import { allStreams } from "../../../../../../../test/fixtures/openai-chat-upstream/all-streams.ts";
import { toStream } from "../../../../../../../test/fixtures/openai-chat-upstream/streamed-answer.ts";
import type { TapReading } from "../../../../core/ports/call-format.ts";
import { openChatTap } from "./usage-tap.ts";

function read(pieces: readonly Uint8Array[], streamed = true): TapReading {
  const tap = openChatTap(streamed);
  for (const piece of pieces) tap.push(piece);
  return tap.read();
}
const readText = (text: string, streamed = true) => read([Buffer.from(text)], streamed);

const chunk = (delta: object, finishReason: string | null = null, usage: object | null = null) => ({
  id: "a",
  model: "m",
  choices: [{ index: 0, delta, finish_reason: finishReason }],
  usage,
});
const figures = { prompt_tokens: 100, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 60 } };
const counted = { inputTokens: 40, cacheReadTokens: 60, cacheWriteTokens: 0, outputTokens: 7 };

for (const { name, text, events } of allStreams) {
  test(`${name}: the tap tells the same as the translation, however the bytes are split`, () => {
    const bytes = Buffer.from(text);
    const reading = read([bytes]);
    const start = events.find((event) => event.type === "call.started");
    assert.deepEqual([reading.id, reading.model], [start?.id, start?.model]);
    const end = events.at(-1);
    assert.ok(end?.type === "call.finished" || end?.type === "call.failed");
    assert.deepEqual(reading.usage, end.usage);
    assert.equal(reading.error, end.type === "call.failed" ? end.error.message : undefined);
    assert.equal(reading.finished, end.type === "call.finished");

    for (let place = 0; place <= bytes.length; place += 1) {
      assert.deepEqual(read([bytes.subarray(0, place), bytes.subarray(place)]), reading, `split at ${place}`);
    }
    assert.deepEqual(read([...bytes].map((byte) => Uint8Array.of(byte))), reading);
  });
}

test("a stream is not finished before its figures, unless the end mark says that none come", () => {
  const text = toStream([chunk({ content: "Hi" }), chunk({}, "stop"), { choices: [], usage: figures }]);
  const [first = "", second = "", third = "", done = ""] = text.split(/(?<=\n\n)/);
  const tap = openChatTap(true);
  const states = [first, second, third, done].map((piece) => {
    tap.push(Buffer.from(piece));
    const { finished, stopReason, usage } = tap.read();
    return [finished, stopReason, usage.outputTokens];
  });
  assert.deepEqual(states, [
    [false, undefined, 0],
    [false, "stop", 0],
    [true, "stop", 7],
    [true, "stop", 7],
  ]);
  const unasked = readText(first + second + done);
  assert.deepEqual([unasked.finished, unasked.usage, unasked.contentBytes], [true, noUsage, 2]);
});

test("content is counted as it comes: text, thinking, refusals and arguments, not what stands around them", () => {
  const count = (delta: object) => readText(toStream([chunk(delta)])).contentBytes;
  assert.equal(count({ role: "assistant", content: "" }), 0);
  assert.equal(count({ content: "12345" }), 5);
  assert.equal(count({ reasoning_content: "1234" }), 4);
  assert.equal(count({ reasoning: "123", refusal: "45" }), 5);
  const calls = ['{"a":1}', "[]"].map((text, index) => ({ index, function: { name: "f", arguments: text } }));
  assert.equal(count({ tool_calls: calls }), '{\\"a\\":1}[]'.length);
  assert.equal(count({ content: null }), 0);
  const spaced = 'data: {"choices": [{"delta": {"content" : "12\\"45"}}]}\n\n';
  assert.equal(readText(spaced).contentBytes, 6);
});

test("words of the model are never taken for figures, an end or an error", () => {
  const said =
    '"usage":{"prompt_tokens":9},"finish_reason":"stop","error":{"message":"x"} data: [DONE]\n\ndata: [DONE]';
  const reading = readText(toStream([chunk({}), chunk({ content: said })]).replace("data: [DONE]\n\n", ""));
  assert.deepEqual(
    { ...reading, contentBytes: 0 },
    { id: "a", model: "m", usage: noUsage, stopReason: undefined, error: undefined, finished: false, contentBytes: 0 },
  );
});

test("a whole answer is read in one, and in pieces", () => {
  const body = {
    ...chunk({}, "tool_calls", figures),
    choices: [
      { message: { content: "Hello", tool_calls: [{ function: { arguments: "{}" } }] }, finish_reason: "tool_calls" },
    ],
  };
  const bytes = Buffer.from(`${JSON.stringify(body, null, 2)}\n`);
  const expected = {
    id: "a",
    model: "m",
    usage: counted,
    stopReason: "tool_calls",
    error: undefined,
    finished: true,
    contentBytes: 7,
  };
  for (const streamed of [true, false]) {
    assert.deepEqual(read([bytes], streamed), expected);
    for (let place = 1; place < bytes.length; place += 1) {
      const tap = openChatTap(streamed);
      tap.push(bytes.subarray(0, place));
      tap.read();
      tap.push(bytes.subarray(place));
      assert.deepEqual(tap.read(), expected, `split at ${place}`);
    }
  }
});

test("blanks around a whole answer do not matter", () => {
  const text = `${JSON.stringify(chunk({}, "stop", figures))}${" ".repeat(100)}`;
  assert.equal(readText(text, false).finished, true);
  assert.equal(read([Buffer.from(" "), Buffer.from(text), Buffer.from("\n")]).finished, true);
});

test("a whole error is told, and is no finished answer", () => {
  for (const streamed of [true, false]) {
    const { error, finished } = readText('{"error":{"message":"busy","code":503}}', streamed);
    assert.deepEqual([error, finished], ["The model's provider is overloaded.", false]);
  }
});

test("an answer that cannot be read leaves nothing told", () => {
  const nothing = {
    id: undefined,
    model: undefined,
    usage: noUsage,
    stopReason: undefined,
    error: undefined,
    finished: false,
    contentBytes: 0,
  };
  for (const text of ["", "data: {", 'data: "usage" "error" "finish_reason"\n\n', "{}", "{", "nonsense\n\n"]) {
    assert.deepEqual(readText(text), nothing, text);
    assert.deepEqual(readText(text, false), nothing, text);
  }
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), fc.boolean(), (pieces, streamed) => {
      assert.equal(read(pieces, streamed).finished, false);
    }),
  );
});

test("a long stream with figures in every chunk, in small pieces, is read within seconds", { timeout: 60_000 }, () => {
  const word = `data: ${JSON.stringify(chunk({ content: 'a\\"b' }, null, figures))}\n\n`;
  const bytes = Buffer.from(word.repeat(50_000));
  const tap = openChatTap(true);
  for (let place = 0; place < bytes.length; place += 100) {
    tap.push(bytes.subarray(place, place + 100));
    tap.read();
  }
  assert.deepEqual(tap.read().usage, counted);
});

test("one huge chunk full of quotes and backslashes is counted within seconds", { timeout: 60_000 }, () => {
  const said = '\\"'.repeat(2_000_000);
  const reading = readText(`${toStream([chunk({ content: said })])}`);
  assert.equal(reading.contentBytes, JSON.stringify(said).length - 2);
});
