import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { countContentBytes, hasValue } from "./chunk-bytes.ts";

const usageKey = Buffer.from('"usage"');
const has = (json: string) => hasValue(Buffer.from(json), usageKey);

test("a key has a value where one other than null stands behind it", () => {
  for (const json of ['{"usage":{}}', '{"usage" : 1}', '{"usage":null,"usage":0}']) assert.ok(has(json), json);
  for (const json of ['{"usage":null}', '{"usage": null}', '{"role":"usage"}', '{"usage":', '{"usage"', "{}", ""]) {
    assert.ok(!has(json), json);
  }
});

test("a key within a string is none", () => {
  const said = JSON.stringify({ said: '{"usage":{},"content":"12345"}' });
  assert.ok(!has(said));
  assert.equal(countContentBytes(Buffer.from(said)), 0);
});

test("what stands under the content's keys is counted as it is escaped, and nothing else", () => {
  const keys = ["content", "reasoning_content", "reasoning", "refusal", "arguments", "role", "id"];
  const counted = new Set(keys.slice(0, 5));
  const anyValue = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom(null, 1, ...keys, '"content":"x"', "\\"));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...keys), anyValue)), fc.nat(2), (fields, indent) => {
      const json = JSON.stringify(
        fields.map(([key, value]) => ({ [key]: value })),
        null,
        indent,
      );
      const lengths = fields.map(([key, value]) =>
        typeof value === "string" && counted.has(key) ? Buffer.byteLength(JSON.stringify(value)) - 2 : 0,
      );
      assert.equal(
        countContentBytes(Buffer.from(json)),
        lengths.reduce((sum, length) => sum + length, 0),
      );
    }),
  );
});
