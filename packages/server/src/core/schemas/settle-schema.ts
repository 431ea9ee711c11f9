import { refuseField } from "../control/refusals.ts";
import type { JsonSchema, SchemaChecker } from "../ports/schema-checker.ts";
import { toPlainSchema } from "./to-plain-schema.ts";

/** What the vendor's API takes for the name of a field. */
const propertyName = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * A schema as the agent program is given it. Rejects with a `FailureError` that names the place where it cannot work, beginning with
 * `field`: the program would otherwise go without it, or the vendor refuse every call.
 */
export async function settleSchema(
  schemas: SchemaChecker,
  schema: JsonSchema,
  field: string,
  mostBytes: number,
): Promise<JsonSchema> {
  const bytes = new TextEncoder().encode(JSON.stringify(schema)).length;
  if (bytes > mostBytes) throw refuseField(field, `expected at most ${mostBytes} bytes, got ${bytes}`);
  walk(schema, field);
  const plain = toPlainSchema(schema);
  const problem = await schemas.examine(schema, plain);
  if (problem !== undefined) throw refuseField(field + problem.place.slice(0, 200), problem.message.slice(0, 500));
  return plain;
}

/** Values that are no schemas, whatever they look like. */
const data = new Set(["const", "enum", "default", "examples"]);

/** Looks for what no reader would tell the place of. */
function walk(schema: JsonSchema, place: string): void {
  for (const [name, value] of Object.entries(schema)) {
    const at = `${place}.${name}`;
    if (name === "$ref" && typeof value === "string" && !/^#(\/|$)/.test(value)) {
      throw refuseField(at, `expected a place in this schema, such as #/$defs/NAME, got ${JSON.stringify(value)}`);
    }
    if (name === "pattern" && typeof value === "string") requirePattern(value, at);
    if (data.has(name) || typeof value !== "object" || value === null) continue;
    if (name === "properties") for (const key of Object.keys(value)) requirePropertyName(key, at);
    if (name === "patternProperties") for (const key of Object.keys(value)) requirePattern(key, at);
    walkInner(name, value, at);
  }
}

const maps = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"]);

function walkInner(name: string, value: object, place: string): void {
  if (!Array.isArray(value) && !maps.has(name)) return walk(value as JsonSchema, place);
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner !== "object" || inner === null) continue;
    walk(inner as JsonSchema, Array.isArray(value) ? `${place}[${key}]` : `${place}.${key}`);
  }
}

function requirePropertyName(name: string, place: string): void {
  if (propertyName.test(name)) return;
  const shown = JSON.stringify(name.slice(0, 80));
  throw refuseField(place, `expected names of up to 64 letters, digits, dots, dashes and underscores, got ${shown}`);
}

function requirePattern(pattern: string, place: string): void {
  try {
    void new RegExp(pattern, "u");
  } catch {
    throw refuseField(place, `not a regular expression: ${JSON.stringify(pattern.slice(0, 80))}`);
  }
}
