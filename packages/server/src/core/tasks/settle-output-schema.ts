import { refuseField } from "../control/refusals.ts";
import type { JsonSchema, SchemaChecker } from "../ports/schema-checker.ts";
import { settleSchema } from "../schemas/settle-schema.ts";

/** It goes to the agent program as an argument, and those have their bounds. */
const mostBytes = 64 * 1024;
const field = "output_schema";

/** The schema as the agent program is given it. Rejects with a `FailureError` that names the place where it cannot work. */
export async function settleOutputSchema(schemas: SchemaChecker, schema: JsonSchema): Promise<JsonSchema> {
  if (schema["type"] !== "object")
    throw refuseField(`${field}.type`, 'expected "object": what a task gives is an object');
  for (const name of ["anyOf", "oneOf", "allOf"]) {
    if (name in schema) throw refuseField(`${field}.${name}`, "not possible at the top; put it into a property");
  }
  return await settleSchema(schemas, schema, field, mostBytes);
}
