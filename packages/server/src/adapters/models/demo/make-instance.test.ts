import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { makeInstance } from "./make-instance.ts";

const schemas = [
  { type: "object" },
  {
    type: "object",
    properties: {
      name: { type: "string", minLength: 7 },
      code: { type: "string", maxLength: 2 },
      size: { type: "integer", minimum: 3, multipleOf: 2 },
      share: { type: "number", exclusiveMinimum: 0, maximum: 1, multipleOf: 0.5 },
      colour: { enum: ["red", "blue"] },
      fixed: { const: { a: 1 } },
      maybe: { anyOf: [{ type: "null" }, { type: "string" }] },
      tags: { type: "array", items: { type: "string" }, minItems: 2 },
      both: { allOf: [{ properties: { a: { type: "boolean" } } }, { required: ["b"], properties: { b: {} } }] },
    },
    required: ["name", "size", "colour", "both"],
    additionalProperties: false,
  },
  {
    $ref: "#/$defs/Node",
    $defs: {
      Node: {
        type: "object",
        properties: { children: { type: "array", items: { $ref: "#/$defs/Node" } } },
        required: ["children"],
      },
    },
  },
];

test("what the demo model makes of a schema fits it", () => {
  for (const schema of schemas) {
    const made = makeInstance(schema);
    assert.ok(new Ajv2020({ strict: false }).validate(schema, made), JSON.stringify(made));
  }
});
