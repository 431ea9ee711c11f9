import assert from "node:assert/strict";
import { test } from "node:test";
import { FailureError } from "@gantry/contracts/errors";
import fc from "fast-check";
import { readJson } from "./read-json.ts";

function refusalOf(bytes: Buffer): string {
  try {
    readJson(bytes);
  } catch (error) {
    assert.ok(error instanceof FailureError);
    assert.deepEqual([error.failure.code, error.failure.param], ["invalid_request", "body"]);
    return error.failure.message;
  }
  return assert.fail("it was taken");
}

test("whatever is JSON comes out as it is", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.deepEqual(readJson(Buffer.from(JSON.stringify(value))), JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("a body that is empty, no UTF-8 or no JSON is refused, with the place and none of its words", () => {
  assert.match(refusalOf(Buffer.alloc(0)), /empty/);
  assert.match(refusalOf(Buffer.from([0x22, 0xff, 0x22])), /UTF-8/);
  assert.match(refusalOf(Buffer.from('"\ud800', "utf16le")), /UTF-8|JSON/);
  assert.match(refusalOf(Buffer.from('{"a":1,secret}')), /at position 7 /);
  assert.match(refusalOf(Buffer.from('{"secret": }')), /not valid JSON/);
  assert.match(refusalOf(Buffer.from('{"secret":"word"')), /not valid JSON/);
  assert.ok(!refusalOf(Buffer.from("secret word")).includes("secret"));
});

test("bytes that are nothing at all are refused as what they are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
      try {
        readJson(Buffer.from(bytes));
      } catch (error) {
        assert.ok(error instanceof FailureError);
      }
    }),
  );
});
