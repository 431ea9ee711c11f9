import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeAnswer } from "./decode-answer.ts";
import {
  decodeAll,
  everySplit,
  joinDeltas,
  readAnswer,
  readStream,
  recorded,
  toBytes,
  withCrLf,
  written,
} from "./test-samples.ts";

const usage = { inputTokens: 472, cacheReadTokens: 1200, cacheWriteTokens: 300, cacheWrite1hTokens: 200 };

test("a stream with thinking and two tool calls becomes their events in order", () => {
  assert.deepEqual(decodeAll([readStream("hand-tools")]), [
    { type: "call.started", id: "msg_01Hand", model: "claude-opus-5-5", usage: { ...usage, outputTokens: 2 } },
    { type: "thinking.delta", text: "Two files: " },
    { type: "thinking.delta", text: "both at once — 一緒に." },
    { type: "thinking.signed", signature: "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds" },
    { type: "thinking.redacted", data: "EmwKAhgBEgy3va3pzix/LafPsn4aDFIT2Xlxh0L5L8rLVyIwxtE3rAFBa8cr3qpP" },
    { type: "text.delta", text: "I read " },
    { type: "text.delta", text: "both." },
    { type: "tool_call.started", index: 0, id: "toolu_01A", name: "read_file" },
    { type: "tool_call.delta", index: 0, arguments: '{"pa' },
    { type: "tool_call.delta", index: 0, arguments: 'th": "/src/a' },
    { type: "tool_call.delta", index: 0, arguments: '.ts", "lines": [1' },
    { type: "tool_call.delta", index: 0, arguments: ', 2], "note": "\\"}{\\u00fc"}' },
    { type: "tool_call.started", index: 1, id: "toolu_01B", name: "list_files" },
    { type: "tool_call.delta", index: 1, arguments: "{}" },
    { type: "call.finished", reason: "tool_calls", usage: { ...usage, outputTokens: 89 } },
  ]);
});

test("however the bytes are split, and with either end of lines, the events are the same", () => {
  for (const name of ["text", "hand-tools"]) {
    const stream = readStream(name);
    const whole = JSON.stringify(decodeAll([stream]));
    for (const bytes of [stream, withCrLf(stream)]) {
      // Compared as text, since these are thousands.
      for (const pieces of everySplit(bytes)) assert.equal(JSON.stringify(decodeAll(pieces)), whole, name);
    }
  }
  for (const name of [...recorded, ...written]) {
    const stream = readStream(name);
    assert.deepEqual(decodeAll(toBytes(stream)), decodeAll([stream]), name);
  }
});

test("a streamed answer and the same answer whole have the same events", () => {
  for (const name of recorded) {
    const streamed = joinDeltas(decodeAll([readStream(name)])).slice(1);
    const whole = decodeAnswer(JSON.parse(readAnswer(name).toString("utf8"))).slice(1);
    if (name === "cached") {
      // The second of the two was read from the cache that the first had filled.
      assert.deepEqual(streamed.slice(0, -1), whole.slice(0, -1));
    } else assert.deepEqual(streamed, whole, name);
  }
});

test("the end of an answer is told with its reason", () => {
  const end = (name: string) => {
    const last = decodeAll([readStream(name)]).at(-1);
    return last?.type === "call.finished" ? [last.reason, last.stopSequence] : [];
  };
  assert.deepEqual(end("text"), ["stop", undefined]);
  assert.deepEqual(end("stop-sequence"), ["stop_sequence", "END"]);
  assert.deepEqual(end("max-tokens"), ["length", undefined]);
  assert.deepEqual(end("refusal"), ["refusal", undefined]);
  assert.deepEqual(end("hand-newer"), ["stop", undefined]);
});

test("events, blocks and deltas that it does not know are left out, and a summary made by the vendor is billed", () => {
  assert.deepEqual(decodeAll([readStream("hand-newer")]).slice(1), [
    { type: "text.delta", text: "Found" },
    { type: "text.delta", text: " it." },
    { type: "thinking.signed", signature: "omitted==" },
    {
      type: "call.finished",
      reason: "stop",
      usage: {
        inputTokens: 1500,
        cacheReadTokens: 1210,
        cacheWriteTokens: 300,
        cacheWrite1hTokens: 200,
        outputTokens: 110,
      },
    },
  ]);
});

test("an error in mid-stream ends the answer, with the usage so far", () => {
  const last = decodeAll([readStream("hand-error")]).at(-1);
  assert.ok(last?.type === "call.failed");
  assert.equal(last.error.code, "upstream_overloaded");
  assert.deepEqual(last.usage, { ...usage, outputTokens: 2 });
});

test("a stream that is cut off anywhere ends in one failure", () => {
  const stream = readStream("hand-tools");
  const lastWord = stream.lastIndexOf("event: message_stop");
  for (let cut = 0; cut <= lastWord; cut += 1) {
    const events = decodeAll([stream.subarray(0, cut)]);
    const last = events.at(-1);
    assert.ok(last?.type === "call.failed" && last.error.code === "upstream_interrupted");
    assert.equal(events.filter(({ type }) => type === "call.failed" || type === "call.finished").length, 1);
  }
});

test("a last event without its blank line counts", () => {
  const stream = readStream("text");
  assert.deepEqual(decodeAll([stream.subarray(0, -2)]), decodeAll([stream]));
});

test("nothing comes out behind the end", () => {
  for (const name of ["text", "hand-error"]) {
    assert.deepEqual(decodeAll([readStream(name), readStream("text")]), decodeAll([readStream(name)]));
  }
});

const frame = (event: unknown) => Buffer.from(`event: any\ndata: ${JSON.stringify(event)}\n\n`);

test("what is no event at all ends the answer as unreadable, once", () => {
  for (const data of ["{", "[]", "null", "7", '"text"', "[DONE]"]) {
    const events = decodeAll([Buffer.from(`data: ${data}\n\n`), Buffer.from(`data: ${data}\n\n`)]);
    assert.deepEqual(
      events.map((event) => event.type === "call.failed" && event.error.code),
      ["upstream_failed"],
      data,
    );
  }
  assert.equal(decodeAll([Buffer.alloc(33 * 1024 * 1024, "data: x")]).length, 1);
});

test("arguments that come with the start of a call are passed on, unless they are nested too deeply", () => {
  const start = (input: unknown) =>
    frame({ type: "content_block_start", index: 3, content_block: { type: "tool_use", id: "a", name: "b", input } });
  const stop = frame({ type: "content_block_stop", index: 3 });
  const call = { type: "tool_call.started", index: 0, id: "a", name: "b" };
  assert.deepEqual(decodeAll([start({ x: [1] }), stop]).slice(0, 2), [
    call,
    { type: "tool_call.delta", index: 0, arguments: '{"x":[1]}' },
  ]);
  const deep: unknown = JSON.parse(`{"a":${"[".repeat(1000)}${"]".repeat(1000)}}`);
  assert.equal(decodeAll([start(deep)]).at(-1)?.type, "call.failed");
});

test("no bytes and no events make it throw, and there is always exactly one end", () => {
  const types = ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta"];
  const fields = ["message", "usage", "content_block", "delta", "index", "error", "type", "text", "input", "id"];
  const words = ["text", "tool_use", "thinking", "input_json_delta", "text_delta", "signature_delta", "error"];
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom<unknown>(...words, -1, 0, 1.5),
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom(...fields), tie("value"), { maxKeys: 6 }),
    ),
  })).value;
  const event = fc
    .tuple(fc.constantFrom(...types, "message_stop", "error", "x"), fc.dictionary(fc.constantFrom(...fields), json))
    .map(([type, rest]) => frame({ ...rest, type }));
  const piece = fc.oneof(event, fc.uint8Array({ maxLength: 40 }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const events = decodeAll(pieces);
      const ends = events.filter(({ type }) => type === "call.failed" || type === "call.finished");
      assert.equal(ends.length, 1);
      assert.equal(events.at(-1), ends[0]);
    }),
    { numRuns: 500 },
  );
});
