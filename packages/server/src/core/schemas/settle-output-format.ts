import type { OutputFormat } from "@gantry/contracts/answer-settings";
import type { JsonSchema, SchemaChecker } from "../ports/schema-checker.ts";
import { settleSchema } from "./settle-schema.ts";

/** How an answer in JSON is asked for and judged. */
export interface OutputPlan {
  /** Of an object always, in the keywords that an agent program knows. */
  readonly plain: JsonSchema;
  /** The client's own, by which the answer is judged. */
  readonly schema: JsonSchema;
  /** Whether the agent gives the answer as the one field, `value`, of an object. */
  readonly isWrapped: boolean;
}

/** What an answer that is no object is put into: agents give objects alone. */
const wrapperField = "value";

const mostBytes = 256 * 1024;
const anyObject: JsonSchema = { type: "object" };
/** What the vendor's API does not take at the top of a schema. */
const notAtTop = ["anyOf", "oneOf", "allOf", "not", "if", "enum", "const", "$ref"];

/** Rejects with a `FailureError` that names the place in the client's schema that cannot work, beginning with `schema`. */
export async function settleOutputFormat(schemas: SchemaChecker, format: OutputFormat): Promise<OutputPlan> {
  if (format.type === "json_object") return { plain: anyObject, schema: anyObject, isWrapped: false };
  const { schema } = format;
  const plain = await settleSchema(schemas, schema, "schema", mostBytes);
  const isWrapped = schema["type"] !== "object" || notAtTop.some((name) => name in schema);
  return { schema, isWrapped, plain: isWrapped ? wrap(plain) : plain };
}

function wrap(schema: JsonSchema): JsonSchema {
  return {
    type: "object",
    properties: { [wrapperField]: moveReferences(schema) },
    required: [wrapperField],
    additionalProperties: false,
  };
}

/** Names whose values are data, where `$ref` is a word like any other. */
const data = new Set(["const", "enum", "default"]);
/** Names under which every name is the schema's author's own. */
const maps = new Set(["properties", "patternProperties", "$defs", "definitions"]);

/** A reference counts from the top, which is one step further away now. */
function moveReferences(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(moveReferences);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => {
      if (name === "$ref" && typeof value === "string")
        return [name, value.replace(/^#/, `#/properties/${wrapperField}`)];
      if (data.has(name)) return [name, value];
      return [name, maps.has(name) ? mapValues(value) : moveReferences(value)];
    }),
  );
}

function mapValues(schemasByName: unknown): unknown {
  if (typeof schemasByName !== "object" || schemasByName === null) return schemasByName;
  return Object.fromEntries(Object.entries(schemasByName).map(([name, schema]) => [name, moveReferences(schema)]));
}
