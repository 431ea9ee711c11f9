import assert from "node:assert/strict";
import { test } from "node:test";
import { toPlainSchema } from "./to-plain-schema.ts";

test("what a strict reader stumbles over goes into the description", () => {
  const plain = toPlainSchema({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    description: "A thing.",
    properties: {
      at: { type: "string", format: "date-time" },
      pair: { type: "array", prefixItems: [{ type: "string" }], items: false },
      format: { type: "string", const: { format: "x" } },
    },
    dependentRequired: { at: ["pair"] },
    $defs: { one: { type: "string", "x-own": true } },
    if: { type: "object" },
  });
  assert.deepEqual(plain, {
    type: "object",
    description: 'A thing. (dependentRequired: {"at":["pair"]}) (if: {"type":"object"})',
    properties: {
      at: { type: "string", description: "(format: date-time)" },
      pair: { type: "array", description: '(prefixItems: [{"type":"string"}]) (items: false)' },
      format: { type: "string", const: { format: "x" } },
    },
    $defs: { one: { type: "string", description: "(x-own: true)" } },
  });
});
