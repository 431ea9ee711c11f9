import { Ajv2020 } from "ajv/dist/2020.js";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { compareSchemas, type Schema, type Side } from "../../scripts/openapi/compare-schemas.ts";

const same = (schema: Schema): Schema => schema;
function breaksOf(before: Schema, after: Schema, side: Side, mayGrow = false) {
  return compareSchemas(before, after, "it", { side, resolveBefore: same, resolveAfter: same, mayGrow });
}

const object = (properties: Record<string, Schema>, required: readonly string[] = [], more: object = {}): Schema => ({
  type: "object",
  properties,
  required,
  ...more,
});
const text = { type: "string" };
const choice = (...values: readonly string[]): Schema => ({ type: "string", enum: values });

/** What breaks a client that sends it, and what one that reads it. */
const changes: readonly {
  readonly name: string;
  readonly before: Schema;
  readonly after: Schema;
  readonly breaks: readonly Side[];
}[] = [
  { name: "nothing", before: object({ a: text }, ["a"]), after: object({ a: text }, ["a"]), breaks: [] },
  { name: "a field more", before: object({}), after: object({ a: text }), breaks: [] },
  { name: "a field more that must be there", before: object({}), after: object({ a: text }, ["a"]), breaks: ["input"] },
  { name: "a field less", before: object({ a: text }), after: object({}), breaks: ["input", "answer"] },
  {
    name: "a field that must be there now",
    before: object({ a: text }),
    after: object({ a: text }, ["a"]),
    breaks: ["input"],
  },
  {
    name: "a field that may be missing now",
    before: object({ a: text }, ["a"]),
    after: object({ a: text }),
    breaks: ["answer"],
  },
  { name: "another type", before: text, after: { type: "integer" }, breaks: ["input", "answer"] },
  { name: "a wider type", before: { type: "integer" }, after: { type: "number" }, breaks: ["answer"] },
  { name: "a narrower type", before: { type: "number" }, after: { type: "integer" }, breaks: ["input"] },
  { name: "null as well", before: text, after: { type: ["string", "null"] }, breaks: ["answer"] },
  { name: "null no more", before: { anyOf: [text, { type: "null" }] }, after: text, breaks: ["input"] },
  { name: "a value more", before: choice("a"), after: choice("a", "b"), breaks: ["answer"] },
  { name: "a value less", before: choice("a", "b"), after: choice("a"), breaks: ["input"] },
  { name: "values where any was taken", before: text, after: choice("a"), breaks: ["input"] },
  { name: "any where values were told", before: choice("a"), after: text, breaks: ["answer"] },
  {
    name: "a bound lowered",
    before: { type: "integer", maximum: 9 },
    after: { type: "integer", maximum: 5 },
    breaks: ["input"],
  },
  {
    name: "a bound raised",
    before: { type: "integer", minimum: 1 },
    after: { type: "integer", minimum: 0 },
    breaks: ["answer"],
  },
  { name: "a new bound", before: text, after: { type: "string", maxLength: 5 }, breaks: ["input"] },
  {
    name: "another pattern",
    before: { type: "string", pattern: "a" },
    after: { type: "string", pattern: "b" },
    breaks: ["input", "answer"],
  },
  {
    name: "other elements",
    before: { type: "array", items: text },
    after: { type: "array", items: { type: "null" } },
    breaks: ["input", "answer"],
  },
  { name: "a form more", before: { anyOf: [text] }, after: { anyOf: [text, { type: "boolean" }] }, breaks: ["answer"] },
  { name: "a form less", before: { oneOf: [text, { type: "boolean" }] }, after: { oneOf: [text] }, breaks: ["input"] },
  {
    name: "unknown fields refused",
    before: object({}),
    after: object({}, [], { additionalProperties: false }),
    breaks: ["input"],
  },
  {
    name: "unknown fields taken",
    before: object({}, [], { additionalProperties: false }),
    after: object({}),
    breaks: [],
  },
  {
    name: "parts put together",
    before: { allOf: [object({ a: text }, ["a"]), object({ b: text })] },
    after: object({ a: text, b: text }, ["a"]),
    breaks: [],
  },
  {
    name: "a change deep within",
    before: object({ a: { type: "array", items: object({ b: choice("x", "y") }) } }),
    after: object({ a: { type: "array", items: object({ b: choice("x") }) } }),
    breaks: ["input"],
  },
];

describe("what a change of a schema breaks", () => {
  for (const { name, before, after, breaks } of changes) {
    test(name, () => {
      const found = (["input", "answer"] as const).filter((side) => breaksOf(before, after, side).length > 0);
      assert.deepEqual(found, breaks);
    });
  }

  test("the place of a break is told", () => {
    const [found] = breaksOf(object({ a: object({ b: text }) }), object({ a: object({}) }), "input");
    assert.deepEqual(found, { place: "it.a.b", what: "the field is not taken any more" });
  });

  test("a form that changed is told by its change", () => {
    const forms = (second: Schema): Schema => ({
      anyOf: [object({ type: { const: "one" } }, ["type"]), object({ type: { const: "two" }, b: second }, ["type"])],
    });
    const [found] = breaksOf(forms(text), forms(choice("x")), "input");
    assert.equal(found?.place, "it.b");
  });

  test("codes may be added where clients are told that they may", () => {
    assert.deepEqual(breaksOf(choice("a"), choice("a", "b"), "answer", true), []);
    assert.equal(breaksOf(object({ a: text }), object({}), "answer", true).length, 1);
  });

  test("what goes round is compared to its end", () => {
    const node = (more: Record<string, Schema>): Schema => object({ next: { $ref: "node" }, ...more });
    const compareNodes = (before: Schema, after: Schema) =>
      compareSchemas({ $ref: "node" }, { $ref: "node" }, "it", {
        side: "input",
        resolveBefore: (schema) => (typeof schema === "object" && "$ref" in schema ? before : schema),
        resolveAfter: (schema) => (typeof schema === "object" && "$ref" in schema ? after : schema),
      });
    assert.deepEqual(compareNodes(node({ a: text }), node({ a: text })), []);
    assert.equal(compareNodes(node({ a: text }), node({})).length, 1);
  });
});

const scalar: fc.Arbitrary<Schema> = fc.oneof(
  fc.record({ type: fc.constantFrom("string", "boolean", "null", "integer", "number") }),
  fc.record({ type: fc.constantFrom(["string", "null"], ["integer", "null"]) }),
  fc.record({ type: fc.constant("string"), maxLength: fc.nat(3) }),
  fc.record({ type: fc.constant("integer"), minimum: fc.nat(3), maximum: fc.integer({ min: 3, max: 6 }) }),
  fc.record({ enum: fc.uniqueArray(fc.constantFrom("a", "b", 1, null), { minLength: 1 }) }),
);
const { schema: anySchema } = fc.letrec<{ schema: Schema }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.constant(true),
    fc.record({ type: fc.constant("array"), items: tie("schema") }),
    fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }) }),
    fc.record(
      {
        type: fc.constant("object"),
        properties: fc.dictionary(fc.constantFrom("a", "b"), tie("schema")),
        required: fc.uniqueArray(fc.constantFrom("a", "b")),
        // Nothing is promised of fields that no schema tells of: one that is new may be of a type.
        additionalProperties: fc.oneof(fc.constant(false), scalar),
      },
      { requiredKeys: ["type", "properties", "additionalProperties"] },
    ),
  ),
}));
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("a", "b", "", "abcd", 0, 1, 4, 9, 0.5, true, null),
    fc.array(tie("value"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value")),
  ),
}));

describe("any change", () => {
  test("a schema breaks nothing of itself", () => {
    fc.assert(
      fc.property(anySchema, fc.constantFrom<Side>("input", "answer"), (schema, side) => {
        assert.deepEqual(breaksOf(schema, structuredClone(schema), side), []);
      }),
      { numRuns: 300 },
    );
  });

  test("where nothing breaks, all that was taken is taken still", () => {
    const ajv = new Ajv2020({ strict: false, logger: false });
    fc.assert(
      fc.property(
        anySchema,
        anySchema,
        fc.array(anyValue, { minLength: 5, maxLength: 20 }),
        (before, after, values) => {
          if (breaksOf(before, after, "input").length > 0) return;
          const [was, is] = [ajv.compile(before), ajv.compile(after)];
          for (const value of values) if (was(value)) assert.ok(is(value), JSON.stringify(value));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
