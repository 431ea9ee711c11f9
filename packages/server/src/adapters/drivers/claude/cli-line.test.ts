import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { initialiseAnswer, parseCliLine } from "./cli-line.ts";

const parse = (text: string) => parseCliLine(Buffer.from(text));

test("what is no JSON object is garbage", () => {
  for (const text of ["", " ", "hello", "{", "null", "7", '"text"', "[]", "[{}]", "Error: boom at /x.js", "{} {}"]) {
    assert.equal(parse(text), undefined, text);
  }
});

test("an object that is not known, or lacks what is relied on, is skipped and never fatal", () => {
  const unknown = [
    "{}",
    '{"type":7}',
    '{"type":"new_thing"}',
    '{"type":"stream_event"}',
    '{"type":"stream_event","event":null}',
    '{"type":"stream_event","event":{"type":7}}',
    '{"type":"system","subtype":"new_thing"}',
    '{"type":"control_response"}',
    '{"type":"control_response","response":{"request_id":7}}',
    '{"__proto__":{"type":"result"}}',
  ];
  for (const text of unknown) assert.deepEqual(parse(text), { type: "other" }, text);
});

test("bytes that are nothing at all do no harm", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const line = parseCliLine(Buffer.from(bytes));
      assert.ok(line === undefined || typeof line.type === "string");
    }),
  );
});

test("the answer to the first request may lack anything but a list of models that can be read", () => {
  assert.deepEqual(initialiseAnswer.parse({}), { models: [] });
  assert.deepEqual(initialiseAnswer.parse({ models: [{ value: "a", more: 1 }], pid: 7 }), { models: [{ value: "a" }] });
  assert.throws(() => initialiseAnswer.parse(undefined));
});
