import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchemaChecker } from "../ports/schema-checker.ts";
import { settleOutputFormat } from "./settle-output-format.ts";

/** Schemas here are good ones: what a bad one is told is tested with the real checker. */
const schemas: SchemaChecker = { examine: async () => undefined, check: async () => [] };
const settle = (schema: Record<string, unknown>) => settleOutputFormat(schemas, { type: "json_schema", schema });

test("an object's schema goes as it is, any other within an object, its references with it", async () => {
  const object = { type: "object", properties: { n: { type: "integer" } } };
  assert.deepEqual(await settle(object), { schema: object, plain: object, isWrapped: false });
  const tree = { $ref: "#/$defs/Node", $defs: { Node: { type: "object", properties: { next: { $ref: "#" } } } } };
  const settled = await settle(tree);
  assert.equal(settled.isWrapped, true);
  assert.equal(settled.schema, tree);
  assert.deepEqual(settled.plain, {
    type: "object",
    properties: {
      value: {
        $ref: "#/properties/value/$defs/Node",
        $defs: { Node: { type: "object", properties: { next: { $ref: "#/properties/value" } } } },
      },
    },
    required: ["value"],
    additionalProperties: false,
  });
});

test("what cannot work is refused with its place", async () => {
  await assert.rejects(settle({ type: "object", properties: { a: { pattern: "(" } } }), {
    failure: {
      code: "invalid_request",
      message: 'schema.properties.a.pattern: not a regular expression: "("',
      param: "schema.properties.a.pattern",
    },
  });
  await assert.rejects(settle({ type: "array", items: { $ref: "https://example.com/x" } }), /schema\.items\.\$ref/);
  await assert.rejects(settle({ type: "object", description: "x".repeat(300_000) }), /at most 262144 bytes/);
});
