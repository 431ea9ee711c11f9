import { parentPort } from "node:worker_threads";
import { Ajv, type ErrorObject } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { JsonSchema, SchemaProblem } from "../../core/ports/schema-checker.ts";

/** What the thread is asked, one after the other. */
export type SchemaQuestion =
  | { readonly type: "examine"; readonly schema: JsonSchema; readonly plain: JsonSchema }
  | { readonly type: "check"; readonly schema: JsonSchema; readonly value: unknown };

export interface SchemaAnswer {
  readonly problem?: SchemaProblem;
  readonly misfits?: readonly string[];
}

const mostMisfits = 10;
/** A format is a note for the reader, as draft 2020-12 has it. */
const options = { strict: false, validateFormats: false, allErrors: true, logger: false } as const;

function create({ $schema: dialect }: JsonSchema): Ajv {
  return /draft-0[67]/.test(String(dialect)) ? new Ajv(options) : new Ajv2020(options);
}

function answer(question: SchemaQuestion): SchemaAnswer {
  if (question.type === "examine") {
    // The second time as the agent program will read it.
    const problem =
      findProblem(create(question.schema), question.schema) ??
      findProblem(new Ajv({ allErrors: true, validateFormats: false, logger: false }), question.plain);
    return problem === undefined ? {} : { problem };
  }
  const validate = create(question.schema).compile(question.schema);
  if (validate(question.value)) return { misfits: [] };
  return { misfits: (validate.errors ?? []).slice(0, mostMisfits).map(describe) };
}

function findProblem(ajv: Ajv, schema: JsonSchema): SchemaProblem | undefined {
  try {
    const isSchema = ajv.validateSchema(schema);
    const [error] = ajv.errors ?? [];
    if (isSchema !== true && error !== undefined) return { place: toPlace(error.instancePath), message: say(error) };
    ajv.compile(schema);
    return undefined;
  } catch (error) {
    return { place: "", message: error instanceof Error ? error.message : String(error) };
  }
}

function describe(error: ErrorObject): string {
  return `output${toPlace(error.instancePath)}: ${say(error)}`;
}

function say({ keyword, message = "does not fit", params }: ErrorObject): string {
  if (keyword === "additionalProperties") return `${message}: ${JSON.stringify(params["additionalProperty"])}`;
  return keyword === "enum" ? `${message}: ${JSON.stringify(params["allowedValues"])}` : message;
}

/** `/items/0/size` as `.items[0].size`. */
function toPlace(pointer: string): string {
  const parts = pointer.split("/").slice(1);
  const names = parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return names.map((name) => (/^\d+$/.test(name) ? `[${name}]` : `.${name}`)).join("");
}

parentPort?.on("message", (question: SchemaQuestion) => parentPort?.postMessage(answer(question)));
// It has read its program.
parentPort?.postMessage({});
