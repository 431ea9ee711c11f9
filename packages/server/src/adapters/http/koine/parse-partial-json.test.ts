import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parsePartialJson } from "./parse-partial-json.ts";

test("what has come of a JSON text is a value of its own", () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ["", undefined],
    ["{", {}],
    ['{"na', {}],
    ['{"name": "Ad', { name: "Ad" }],
    ['{"name": "Ada\\', { name: "Ada" }],
    ['{"name": "Ada\\u00', { name: "Ada" }],
    ['{"name": "Ada", "age": 3', { name: "Ada" }],
    ['{"a": [1, {"b": tr', { a: [1, {}] }],
    ['["x", "y', ["x", "y"]],
  ];
  for (const [text, value] of cases) assert.deepEqual(parsePartialJson(text), value, text);
});

test("no beginning of any JSON text breaks it, and the whole is the value", () => {
  const property = fc.property(fc.jsonValue(), fc.nat(), (value, cut) => {
    const text = JSON.stringify({ value });
    assert.deepEqual(parsePartialJson(text), JSON.parse(text));
    parsePartialJson(text.slice(0, cut % text.length));
  });
  fc.assert(property);
});
