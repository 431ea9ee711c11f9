import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { sampleAnswers } from "../../../../../../test/fixtures/openai-responses/sample-answers.ts";
import { toEventText, toStreamEvents } from "../../../../../../test/harness/responses-stream.ts";
import { decodeAnswer } from "./decode-answer.ts";
import { openDecoder } from "./decode-stream.ts";
import { decodePieces, decodeText, describeAnswer, isWellFormed, listStreams, readStream } from "./test-answers.ts";
import { anyAnswer } from "./test-any-answer.ts";

const started = "started: resp_0c1f gpt-6-astra-2026-05-01";
/** Cached tokens, read and written, are no longer in the input. */
const usage = "112+1024+64 in 90 out";

/** What each stream says. */
const expectations: Readonly<Record<string, readonly string[]>> = {
  text: [started, "text: Paris, die „Stadt der Lichter“ 🗼.", `finished: stop, ${usage}`],
  tools: [
    started,
    "thinking: **Reading** the file.\n\n**Listing** – 目录 – too.",
    "text: I look at both.",
    'call 0 call_read Read: {"file_path":"/tmp/näme.txt","limit":10}',
    'call 1 call_list Bash: {"command":"ls \\"$HOME\\" \\\\ 🗂"}',
    "call 2 call_none Now: {}",
    `finished: tool_calls, ${usage}`,
  ],
  refusal: [started, "text: I cannot help with that.", `finished: refusal, ${usage}`],
  length: [started, "text: Once upon a", `finished: length, ${usage}`],
  filtered: [started, `finished: refusal, ${usage}`],
  failed: [started, "text: Well,", `failed: upstream_rate_limited, ${usage}`],
  "other-servers/parts-as-a-whole": [
    "started: resp_w local",
    "text: I look.",
    'call 0 call_1 Read: {"a":1}',
    "finished: tool_calls, 5+0+0 in 3 out",
  ],
  "other-servers/items-as-a-whole": [
    "started: resp_i local",
    "thinking: One.\n\nTwo.",
    "text: I look.",
    'call 0 call_1 Read: {"a":1}',
    'call 1 call_2 Read: {"a":2}',
    "finished: tool_calls, 0+0+0 in 0 out",
  ],
  "other-servers/only-the-end": [
    "started: resp_e local",
    "thinking: Hm.",
    "text: I look.",
    'call 0 call_1 Read: {"a":1}',
    "finished: tool_calls, 0+5+0 in 3 out",
  ],
  "other-servers/changing-ids": [
    "started: resp_c local",
    'call 0 call_1 Read: {"a":1}',
    'call 1 call_2 List: {"b":2}',
    "finished: tool_calls, 5+0+0 in 3 out",
  ],
  "other-servers/no-places": [
    "started: resp_n local",
    "thinking: Hm, well.",
    "text: I look.",
    'call 0 call_1 Read: {"a":1}',
    'call 1 call_2 Read: {"a":2}',
    "finished: length, 5+0+0 in 3 out",
  ],
  "other-servers/error-event": ["started: resp_x local", "failed: upstream_failed, 0+0+0 in 0 out"],
  "other-servers/nested-error": ["failed: context_too_long, 0+0+0 in 0 out"],
  "other-servers/bare-error": ["failed: upstream_rejected, 0+0+0 in 0 out"],
};

test("there is an expectation for each stream, and no other", () => {
  assert.deepEqual(listStreams().toSorted(), Object.keys(expectations).toSorted());
});

for (const name of listStreams()) {
  describe(`the stream ${name}`, () => {
    const bytes = readStream(name);
    const whole = decodePieces([bytes]);

    test("says what it holds, and ends once", () => {
      assert.deepEqual(describeAnswer(whole), expectations[name]);
      assert.ok(isWellFormed(whole));
    });

    test("says the same however its bytes are split", () => {
      for (let at = 1; at < bytes.length; at += 1) {
        assert.deepEqual(decodePieces([bytes.subarray(0, at), bytes.subarray(at)]), whole, `split at ${at}`);
      }
      assert.deepEqual(decodePieces(Array.from(bytes, (byte) => Uint8Array.of(byte))), whole);
    });

    test("cut off anywhere, it says what had come and ends in one failure", () => {
      for (let at = 0; at < bytes.length; at += 1) {
        const cut = decodePieces([bytes.subarray(0, at)]);
        assert.ok(isWellFormed(cut), `cut at ${at}`);
        const end = cut.at(-1);
        if (end?.type !== "call.failed" || end.error.code !== "upstream_interrupted") {
          assert.deepEqual(cut, whole, `cut at ${at}`);
        } else {
          assert.deepEqual(cut.slice(0, -1), whole.slice(0, cut.length - 1), `cut at ${at}`);
        }
      }
    });

    test("says the same with other line ends and with a byte order mark", () => {
      const text = bytes.toString();
      assert.deepEqual(decodeText(text.replaceAll("\n", "\r\n")), whole);
      assert.deepEqual(decodeText(`\uFEFF${text.replaceAll("\n", "\r")}`), whole);
    });
  });
}

test("nothing is read behind the last word", () => {
  const decoder = openDecoder();
  const text = readStream("text");
  assert.equal(decoder.push(text).at(-1)?.type, "call.finished");
  assert.deepEqual([...decoder.push(text), ...decoder.finish(), ...decoder.finish()], []);
});

test("pieces come out as they come in, not at the end", () => {
  const decoder = openDecoder();
  const push = (event: object) => decoder.push(Buffer.from(toEventText([{ type: "", ...event }])));
  assert.equal(push({ type: "response.created", response: { id: "r", model: "m" } })[0]?.type, "call.started");
  assert.deepEqual(push({ type: "response.output_text.delta", delta: "a" }), [{ type: "text.delta", text: "a" }]);
});

test("an event that is no JSON object ends the answer in one failure", () => {
  const head = 'data: {"type":"response.created","response":{"id":"r","model":"m"}}\n\n';
  for (const bad of ["{", "[]", "null", "7", '"text"', "<html>", '{"type":"response.completed"'] as const) {
    const events = decodeText(`${head}data: ${bad}\n\n${head}`);
    assert.deepEqual(describeAnswer(events), ["started: r m", "failed: upstream_failed, 0+0+0 in 0 out"], bad);
  }
});

test("a tool call without a name ends the answer in one failure", () => {
  const item = { type: "function_call", call_id: "c" };
  for (const type of ["response.output_item.added", "response.output_item.done"]) {
    const nameless = { type, item };
    const events = decodeText(toEventText([nameless, { type: "response.completed" }]));
    assert.deepEqual(describeAnswer(events), ["started:  ", "failed: upstream_failed, 0+0+0 in 0 out"]);
  }
});

test("events and items of other kinds are passed over", () => {
  const others = [
    { type: "response.queued" },
    { type: "response.some_day.invented", delta: "x" },
    { type: "response.output_item.done", item: { type: "custom_tool_call", call_id: "c", name: "n", input: "x" } },
    { type: "keepalive" },
  ];
  const events = decodeText(`${toEventText(others)}${toEventText([{ type: "response.completed" }])}`);
  assert.deepEqual(describeAnswer(events), ["started:  ", "finished: stop, 0+0+0 in 0 out"]);
});

test("an event without end is given up before it fills the memory", () => {
  const decoder = openDecoder();
  const piece = Buffer.from("x".repeat(1024 * 1024));
  decoder.push(Buffer.from("data: "));
  const ends = Array.from({ length: 40 }, () => decoder.push(piece)).flat();
  assert.deepEqual(describeAnswer(ends), ["failed: upstream_failed, 0+0+0 in 0 out"]);
  assert.deepEqual(decoder.finish(), []);
});

test("bytes of any kind end in exactly one failure, or are an answer", () => {
  const noise = fc.oneof(
    fc.uint8Array(),
    fc.string({ unit: "binary" }).map((text) => Buffer.from(`data: ${text}\n\n`)),
  );
  fc.assert(fc.property(fc.array(noise), (pieces) => assert.ok(isWellFormed(decodePieces(pieces)))));
});

const anyValue = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom("c", 0, 1, -1, 0.5),
  // Breaks what turns a value into text without looking at it.
  fc.constant({ toString: 1, valueOf: 2 }),
);
const fieldsOf = (...names: string[]) => Object.fromEntries(names.map((name) => [name, anyValue]));
const anyItem = fc.record(
  {
    type: fc.constantFrom("function_call", "message", "reasoning"),
    ...fieldsOf("id", "call_id", "name", "arguments", "content", "summary"),
  },
  { requiredKeys: [] },
);
const anyResponse = fc.record({
  output: fc.array(fc.oneof(anyItem, anyValue)),
  ...fieldsOf("id", "model", "status", "usage", "error"),
});
const anyEvent = fc.record(
  {
    type: fc.constantFrom(
      ...toStreamEvents(sampleAnswers.tools, 9).map(({ type }) => type),
      "response.refusal.done",
      "response.incomplete",
      "response.failed",
      "error",
    ),
    item: fc.oneof(anyItem, anyValue),
    response: fc.oneof(anyResponse, anyValue),
    ...fieldsOf("delta", "text", "arguments", "refusal", "output_index", "item_id", "error"),
  },
  { requiredKeys: ["type"] },
);

test("whatever stands in the fields of the events, the answer stays well formed", () => {
  fc.assert(
    fc.property(fc.array(anyEvent), (events) => {
      const decoded = decodeText(toEventText(events));
      assert.ok(isWellFormed(decoded));
      // Throws at arguments for a call that has not begun.
      describeAnswer(decoded);
    }),
    { numRuns: 500 },
  );
});

test("an answer says the same streamed, in pieces of any length, and as a whole", () => {
  fc.assert(
    fc.property(anyAnswer, fc.integer({ min: 1, max: 40 }), ({ answer, expected }, pieceLength) => {
      const streamed = decodeText(toEventText(toStreamEvents(answer, pieceLength)));
      assert.deepEqual(describeAnswer(streamed), expected);
      assert.deepEqual(describeAnswer(decodeAnswer(answer)), expected);
    }),
  );
});
