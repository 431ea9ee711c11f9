import type { JsonSchema } from "../ports/schema-checker.ts";

/** Keywords that every agent program reads in the same way, by what stands in them. */
const values = new Set(
  (
    "type enum const title description default multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern " +
    "maxItems minItems uniqueItems maxProperties minProperties required $ref"
  ).split(" "),
);
const schemas = new Set(["additionalProperties", "additionalItems", "contains", "propertyNames", "not", "items"]);
const lists = new Set(["allOf", "anyOf", "oneOf", "items"]);
const maps = new Set(["properties", "patternProperties", "$defs", "definitions"]);
/** What says nothing of what is wanted. */
const silent = new Set("$schema $id $comment $anchor $vocabulary examples deprecated readOnly writeOnly".split(" "));

const longestNote = 200;

/**
 * The schema as an agent program is given it, whose reader knows fewer keywords and gives up on those it does not know: they are told in the
 * description instead. Whatever fits the schema fits this one as well.
 */
export function toPlainSchema(schema: JsonSchema): JsonSchema {
  const kept: [string, unknown][] = [];
  const notes: string[] = [];
  for (const [name, value] of Object.entries(schema)) {
    if (isAfterPrefix(name, schema)) notes.push(toNote(name, value));
    else if (values.has(name)) kept.push([name, value]);
    else if (maps.has(name) && isObject(value)) kept.push([name, mapValues(value)]);
    else if (lists.has(name) && Array.isArray(value)) kept.push([name, value.map(toPlain)]);
    else if (schemas.has(name)) kept.push([name, toPlain(value)]);
    else if (!isCondition(name, schema) && !silent.has(name)) notes.push(toNote(name, value));
    else if (isCondition(name, schema)) kept.push([name, toPlain(value)]);
  }
  const plain = Object.fromEntries(kept);
  // Without a list before it, it means nothing, and a strict reader stumbles over it.
  if (!Array.isArray(plain["items"])) delete plain["additionalItems"];
  if (notes.length === 0) return plain;
  const { description } = schema;
  const told = typeof description === "string" ? [description, ...notes] : notes;
  return { ...plain, description: told.join(" ") };
}

/** Conditions that are whole: a strict reader refuses an `if` without a `then`. */
function isCondition(name: string, schema: JsonSchema): boolean {
  if (name !== "if" && name !== "then" && name !== "else") return false;
  return "if" in schema && ("then" in schema || "else" in schema);
}

/** Read without the list before it, it would be said of the whole array. */
function isAfterPrefix(name: string, schema: JsonSchema): boolean {
  return name === "items" && "prefixItems" in schema;
}

function toPlain(value: unknown): unknown {
  return isObject(value) ? toPlainSchema(value) : value;
}

function mapValues(schemasByName: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schemasByName).map(([name, value]) => [name, toPlain(value)]));
}

function toNote(name: string, value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return `(${name}: ${text.slice(0, longestNote)})`;
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
