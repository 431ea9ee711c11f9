import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeAll, everySplit, readAnswer, readStream, recorded, toBytes, withCrLf, written } from "./test-samples.ts";
import { openMessagesTap } from "./usage-tap.ts";

function tapAll(pieces: readonly Uint8Array[], streamed = true) {
  const tap = openMessagesTap(streamed);
  for (const piece of pieces) tap.push(piece);
  return tap.read();
}

const handUsage = { inputTokens: 472, cacheReadTokens: 1200, cacheWriteTokens: 300, cacheWrite1hTokens: 200 };

test("the figures of a stream are read: cache reads, both kinds of cache writes, and the output at the end", () => {
  const { contentBytes: _, ...reading } = tapAll([readStream("hand-tools")]);
  assert.deepEqual(reading, {
    usage: { ...handUsage, outputTokens: 89 },
    model: "claude-opus-5-5",
    id: "msg_01Hand",
    stopReason: "tool_use",
    finished: true,
    error: undefined,
  });
  assert.deepEqual(tapAll([readStream("cached")]).usage, {
    inputTokens: 11,
    cacheReadTokens: 0,
    cacheWriteTokens: 632,
    cacheWrite1hTokens: 632,
    outputTokens: 2,
  });
});

test("what the vendor spent on a summary of the conversation is added", () => {
  assert.deepEqual(tapAll([readStream("hand-newer")]).usage, {
    inputTokens: 1500,
    cacheReadTokens: 1210,
    cacheWriteTokens: 300,
    cacheWrite1hTokens: 200,
    outputTokens: 110,
  });
});

/** The bytes of text, thinking and arguments in a stream, as they are written in it. */
function contentOf(name: string): number {
  return decodeAll([readStream(name)])
    .map((event) => ("text" in event ? event.text : "arguments" in event ? event.arguments : ""))
    .reduce((sum, text) => sum + Buffer.byteLength(JSON.stringify(text)) - 2, 0);
}

test("the content is measured byte for byte, and roughly where a delta says more", () => {
  for (const name of recorded) assert.equal(tapAll([readStream(name)]).contentBytes, contentOf(name), name);
  assert.ok(contentOf("tool") > 60);
  const [measured, content] = [tapAll([readStream("hand-tools")]).contentBytes, contentOf("hand-tools")];
  assert.ok(measured >= content && measured < content + 40, `${measured} for ${content}`);
});

test("however the bytes are split, and with either end of lines, the reading is the same", () => {
  for (const name of ["text", "hand-tools", "hand-error"]) {
    const stream = readStream(name);
    const crLf = withCrLf(stream);
    const [whole, wholeCrLf] = [JSON.stringify(tapAll([stream])), JSON.stringify(tapAll([crLf]))];
    for (const pieces of everySplit(stream)) assert.equal(JSON.stringify(tapAll(pieces)), whole, name);
    for (const pieces of everySplit(crLf)) assert.equal(JSON.stringify(tapAll(pieces)), wholeCrLf, name);
    const { contentBytes: _, ...reading } = tapAll([stream]);
    assert.deepEqual({ ...tapAll([crLf]), contentBytes: 0 }, { ...reading, contentBytes: 0 }, name);
  }
  for (const name of [...recorded, ...written]) {
    assert.deepEqual(tapAll(toBytes(readStream(name))), tapAll([readStream(name)]), name);
  }
});

test("at any moment the reading holds what has come so far", () => {
  const tap = openMessagesTap(true);
  const stream = readStream("hand-tools").toString("utf8");
  const at = (place: string) => stream.indexOf(place);
  tap.push(Buffer.from(stream.slice(0, at("event: content_block_start"))));
  assert.deepEqual([tap.read().usage.inputTokens, tap.read().contentBytes, tap.read().finished], [472, 0, false]);
  tap.push(Buffer.from(stream.slice(at("event: content_block_start"), at("event: message_delta"))));
  assert.deepEqual([tap.read().usage.outputTokens, tap.read().contentBytes > 0, tap.read().finished], [2, true, false]);
  tap.push(Buffer.from(stream.slice(at("event: message_delta"), at("event: message_stop"))));
  assert.deepEqual(
    [tap.read().usage.outputTokens, tap.read().stopReason, tap.read().finished],
    [89, "tool_use", false],
  );
  tap.push(Buffer.from(stream.slice(at("event: message_stop"))));
  assert.equal(tap.read().finished, true);
});

test("an error in the stream and a cut leave the answer unfinished", () => {
  const broken = tapAll([readStream("hand-error")]);
  assert.deepEqual([broken.error, broken.finished, broken.usage.inputTokens], ["Overloaded", false, 472]);
  const cut = tapAll([readStream("hand-cut")]);
  assert.deepEqual([cut.error, cut.finished, cut.contentBytes], [undefined, false, "Half of ".length]);
});

test("words of the answer that look like events are no events", () => {
  const words = 'event: message_stop\ndata: {"type":"message_stop","usage":{"output_tokens":9999}}\n\n';
  const delta = { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: words } };
  const stream = `event: content_block_delta\ndata: ${JSON.stringify(delta)}\n\n`;
  const { finished, usage } = tapAll([Buffer.from(stream)]);
  assert.deepEqual([finished, usage.outputTokens], [false, 0]);
});

test("of a line that does not end little is held, and what follows it is read", () => {
  const tap = openMessagesTap(true);
  const head = 'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"';
  tap.push(Buffer.from(head));
  const piece = Buffer.alloc(1024 * 1024, "x");
  for (let count = 0; count < 64; count += 1) tap.push(piece);
  tap.push(Buffer.from('"}}\n\n'));
  assert.equal(tap.read().contentBytes, 64 * 1024 * 1024);
  tap.push(Buffer.from(`event: message_start\ndata: ${" ".repeat(2 * 1024 * 1024)}{}\n\n`));
  tap.push(readStream("text"));
  assert.deepEqual([tap.read().finished, tap.read().id], [true, "msg_01Recorded"]);
});

test("the figures of a whole answer are read, however its bytes are split", () => {
  for (const name of recorded) {
    const answer = readAnswer(name);
    const { usage, stopReason } = JSON.parse(answer.toString("utf8"));
    for (const pieces of [[answer], toBytes(answer)]) {
      const reading = tapAll(pieces, false);
      assert.deepEqual(
        [reading.usage.inputTokens, reading.usage.cacheReadTokens, reading.usage.outputTokens],
        [usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens],
      );
      assert.deepEqual([reading.id, reading.model], ["msg_01Recorded", "claude-sonnet-5-5"], stopReason);
      assert.deepEqual([reading.finished, reading.error], [true, undefined]);
    }
  }
  assert.equal(tapAll([readAnswer("tool")], false).stopReason, "tool_use");
});

test("an answer that is an error, or none that can be read, is not finished", () => {
  const error = { type: "error", error: { type: "api_error", message: "Broken." } };
  const reading = tapAll([Buffer.from(JSON.stringify(error))], false);
  assert.deepEqual([reading.finished, reading.error], [false, "Broken."]);
  for (const body of ["", "{", "null", "[]"]) assert.equal(tapAll([Buffer.from(body)], false).finished, false, body);
});

test("no bytes make it throw, and no figure is ever anything but a count", () => {
  const figures = fc.dictionary(
    fc.constantFrom("input_tokens", "output_tokens", "cache_creation", "ephemeral_1h_input_tokens", "iterations"),
    fc.jsonValue(),
  );
  const event = fc
    .tuple(fc.constantFrom("message_start", "message_delta", "error", "message_stop"), figures, fc.jsonValue())
    .map(([name, usage, value]) =>
      Buffer.from(
        `event: ${name}\ndata: ${JSON.stringify({ usage, message: { usage }, delta: value, error: value })}\n\n`,
      ),
    );
  fc.assert(
    fc.property(fc.array(fc.oneof(event, fc.uint8Array({ maxLength: 30 })), { maxLength: 8 }), (pieces) => {
      for (const streamed of [true, false]) {
        const { usage } = tapAll(pieces, streamed);
        for (const count of Object.values(usage)) assert.ok(Number.isSafeInteger(count) && Number(count) >= 0);
      }
    }),
  );
});
