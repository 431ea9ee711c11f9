import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { noUsage } from "@gantry/contracts/completion";
import type { ModelEvent } from "@gantry/contracts/model-call";
import { allStreams } from "../../../../../../../test/fixtures/openai-chat-upstream/all-streams.ts";
import { toStream } from "../../../../../../../test/fixtures/openai-chat-upstream/streamed-answer.ts";
import { createCallStreamDecoder } from "./call-stream-decoder.ts";

function decodePieces(pieces: readonly Uint8Array[]): ModelEvent[] {
  let made = 0;
  const decoder = createCallStreamDecoder(() => `call_${(made += 1)}`);
  return [...pieces.flatMap((piece) => decoder.push(piece)), ...decoder.finish()];
}

const decode = (text: string): ModelEvent[] => decodePieces([Buffer.from(text)]);
const interrupted = (usage = noUsage) => ({
  type: "call.failed",
  error: { code: "upstream_interrupted", message: "The model's provider cut the answer off." },
  usage,
});
const chunk = (delta: object, finishReason: string | null = null) => ({
  id: "a",
  model: "m",
  choices: [{ index: 0, delta, finish_reason: finishReason }],
});
const started = { type: "call.started", id: "a", model: "m" };

for (const { name, text, events } of allStreams) {
  test(`${name}: reads the same however the bytes are split`, () => {
    const bytes = Buffer.from(text);
    assert.deepEqual(decodePieces([bytes]), events);
    assert.deepEqual(decodePieces([...bytes].map((byte) => Uint8Array.of(byte))), events);
    for (let place = 0; place <= bytes.length; place += 1) {
      assert.deepEqual(decodePieces([bytes.subarray(0, place), bytes.subarray(place)]), events, `split at ${place}`);
    }
  });

  test(`${name}: cut anywhere it has one last event, and never says what was not said`, () => {
    const bytes = Buffer.from(text);
    const isEnd = ({ type }: ModelEvent) => type === "call.finished" || type === "call.failed";
    for (let place = 0; place < bytes.length; place += 1) {
      const seen = decodePieces([bytes.subarray(0, place)]);
      assert.equal(seen.findIndex(isEnd), seen.length - 1, `cut at ${place}`);
      assert.deepEqual(seen.slice(0, -1), events.slice(0, seen.length - 1), `cut at ${place}`);
    }
  });
}

test("the connection's end is the answer's, where a finish reason has come", () => {
  const text = toStream([chunk({ content: "a" }), chunk({}, "stop")]);
  const whole = decode(text);
  assert.deepEqual(decode(text.replace("data: [DONE]\n\n", "")), whole);
  assert.deepEqual(decode(text.replace("\n\ndata: [DONE]\n\n", "")), whole);
  assert.deepEqual(decode(text.trimEnd()), whole);
});

test("an answer that is cut off ends in one failure, with the figures that came", () => {
  assert.deepEqual(decode(""), [interrupted()]);
  assert.deepEqual(decode(": comment\n\n"), [interrupted()]);
  const figures = { ...chunk({ content: "a" }), usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 } };
  const known = { ...noUsage, inputTokens: 5, outputTokens: 1 };
  assert.deepEqual(decode(`data: ${JSON.stringify(figures)}\n\ndata: {"err`), [
    started,
    { type: "text.delta", text: "a" },
    interrupted(known),
  ]);
});

test("an event without data says nothing", () => {
  const text = toStream([chunk({ content: "a" }, "stop")]);
  assert.deepEqual(decode(`data:\n\nevent: ping\ndata: \n\n${text}`), decode(text));
});

test("nothing is read behind the last word", () => {
  const text = toStream([chunk({ content: "a" }, "stop")]);
  assert.deepEqual(decode(text + text), decode(text));
  const failed = 'data: {"error":"broken"}\n\n';
  assert.deepEqual(decode(failed + text), decode(failed));
});

test("a word of a server that it broke the answer off is a failure", () => {
  for (const [word, code] of [
    ["error", "upstream_failed"],
    ["abort", "upstream_interrupted"],
    ["insufficient_system_resource", "upstream_overloaded"],
  ] as const) {
    const last = decode(toStream([chunk({ content: "a" }, word)])).at(-1);
    assert.equal(last?.type === "call.failed" ? last.error.code : last, code);
  }
});

test("what cannot be read is one failure", () => {
  const unreadable = {
    type: "call.failed",
    error: { code: "upstream_failed", message: "The model's provider sent an answer that cannot be read." },
    usage: noUsage,
  };
  for (const data of ["nonsense", "{", "[]", "null", "1", '"error"']) {
    assert.deepEqual(decode(`data: ${data}\n\ndata: [DONE]\n\n`), [unreadable], data);
  }
  assert.deepEqual(decode("data: [DONE]\n\n"), [unreadable]);
  assert.deepEqual(decode(toStream([{ id: "a", model: "m", choices: [] }])), [unreadable]);
  const nameless = toStream([chunk({ tool_calls: [{ index: 0, id: "c", function: { arguments: "{}" } }] })]);
  assert.deepEqual(decode(nameless), [started, unreadable]);
});

test("arguments nested thousands of levels deep are a failure", () => {
  const deep = `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`;
  const text = `data: {"choices":[{"delta":{"tool_calls":[{"function":{"name":"f","arguments":${deep}}}]}}]}\n\ndata: [DONE]\n\n`;
  const last = decode(text).at(-1);
  assert.equal(last?.type === "call.failed" ? last.error.code : last, "upstream_failed");
});

test("an event without an end is given up", () => {
  const decoder = createCallStreamDecoder(() => "c");
  const block = Buffer.alloc(1024 * 1024, "x");
  const events = [decoder.push(Buffer.from("data: ")), ...Array.from({ length: 40 }, () => decoder.push(block))].flat();
  assert.deepEqual(
    [...events, ...decoder.finish()].map((event) => (event.type === "call.failed" ? event.error.code : event)),
    ["upstream_failed"],
  );
});

test("a large answer in small pieces takes time in proportion", { timeout: 60_000 }, () => {
  const word = JSON.stringify(chunk({ tool_calls: [{ index: 0, function: { name: "f", arguments: 'x"}' } }] }));
  const bytes = Buffer.from(`data: ${word}\n\n`.repeat(60_000));
  const decoder = createCallStreamDecoder(() => "c");
  let events = 0;
  for (let place = 0; place < bytes.length; place += 50) {
    events += decoder.push(bytes.subarray(place, place + 50)).length;
  }
  assert.equal(events, 60_002);
});

const callNames = fc.constantFrom("read", "write", "run");
const parallelCalls = fc
  .array(fc.record({ name: callNames, pieces: fc.array(fc.string(), { maxLength: 6 }) }), {
    minLength: 1,
    maxLength: 5,
  })
  .chain((calls) => {
    const order = calls.flatMap(({ pieces }, index) => pieces.map(() => index));
    return fc.record({ calls: fc.constant(calls), order: fc.shuffledSubarray(order, { minLength: order.length }) });
  });

test("tool calls that are written side by side keep their arguments", () => {
  fc.assert(
    fc.property(parallelCalls, ({ calls, order }) => {
      const next = calls.map(() => 0);
      const heads = calls.map(({ name }, index) => ({ index, id: `id${index}`, type: "function", function: { name } }));
      const deltas = order.map((index) => {
        const piece = calls[index]?.pieces[next[index] ?? 0] ?? "";
        next[index] = (next[index] ?? 0) + 1;
        return { index, function: { arguments: piece } };
      });
      const events = decode(toStream([...heads, ...deltas].map((delta) => chunk({ tool_calls: [delta] }))));
      const seen = calls.map((_, index) =>
        events
          .map((event) => (event.type === "tool_call.delta" && event.index === index ? event.arguments : ""))
          .join(""),
      );
      assert.deepEqual(
        seen,
        calls.map(({ pieces }) => pieces.join("")),
      );
      const started = events.filter(({ type }) => type === "tool_call.started");
      assert.deepEqual(
        started,
        calls.map(({ name }, index) => ({ type: "tool_call.started", index, id: `id${index}`, name })),
      );
    }),
  );
});

const keys =
  "id model choices index delta message content refusal reasoning finish_reason tool_calls function function_call name \
arguments usage prompt_tokens error thinking prompt_tokens_details completion_tokens cached_tokens total_tokens \
stop_reason text".split(" ");

/** JSON with the keys that matter among it, so that it is not refused at once. */
const anyChunk = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, 0, 1, -1, 1e308, "", "stop", "f", "{}", "[DONE]"),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...keys), tie("value"), { maxKeys: 4 }),
  ),
})).value;
const anyDelta = fc.record({
  choices: fc.tuple(fc.record({ delta: anyChunk, finish_reason: anyChunk })),
  usage: anyChunk,
});

test("whatever a server sends, one event ends the answer and nothing is thrown", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(anyChunk, anyDelta), { maxLength: 6 }), (chunks) => {
      const events = decode(toStream(chunks));
      const ends = events.filter(({ type }) => type === "call.finished" || type === "call.failed");
      assert.equal(ends.length, 1);
      assert.equal(events.at(-1), ends[0]);
      const [end] = ends;
      if (end !== undefined && "usage" in end) {
        for (const count of Object.values(end.usage ?? {})) assert.ok(Number.isSafeInteger(count) && count >= 0);
      }
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.equal(decodePieces([bytes]).length, 1);
    }),
  );
});
