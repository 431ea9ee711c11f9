import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { GantryError } from "./gantry-error.ts";
import { readObject, toJsonSchema } from "./schema.ts";

const schema = z.object({
  files: z.int().min(0),
  name: z.string().default("none"),
  tag: z.string().transform((tag) => tag.length),
});

test("a schema of zod is told as the JSON Schema of what it takes, and gives what it makes of that", async () => {
  const told = toJsonSchema(schema);
  assert.deepEqual([told["type"], told["required"]], ["object", ["files", "tag"]]);
  const made = await readObject(schema, { files: 2, tag: "abc" });
  // The type is the schema's own output.
  const typed: { files: number; name: string; tag: number } = made;
  assert.deepEqual(typed, { files: 2, name: "none", tag: 3 });
});

test("what does not fit is told by its place", async () => {
  await assert.rejects(readObject(schema, { files: -1, tag: "" }), (error) => {
    assert.ok(error instanceof GantryError && error.code === "output_mismatch");
    assert.match(error.message, /files: /);
    return true;
  });
});

test("a schema that cannot tell of itself comes with its JSON Schema", async () => {
  const check = (value: unknown) => (value === 7 ? { value: "seven" as const } : { issues: [{ message: "not 7" }] });
  const pair = {
    schema: { "~standard": { version: 1, vendor: "mine", validate: check } },
    jsonSchema: { const: 7 },
  } as const;
  assert.deepEqual(toJsonSchema(pair), { const: 7 });
  const made: "seven" = await readObject(pair, 7);
  assert.equal(made, "seven");
  await assert.rejects(readObject(pair, 8), /not 7/);
  const unknowable = z.object({ at: z.date() });
  assert.throws(
    () => toJsonSchema(unknowable),
    (error) => error instanceof GantryError && error.code === "invalid_argument",
  );
});
