import { GantryError } from "./gantry-error.ts";

/** What checks a value, by the Standard Schema that zod, Valibot, ArkType and others share. */
interface StandardSchema<Output> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    validate(value: unknown): StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}
type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
      }[];
    };

/** A Standard Schema that can tell of itself as JSON Schema: any of zod from 4.2 on, for one. */
interface DescribedSchema<Output> extends StandardSchema<Output> {
  readonly "~standard": StandardSchema<Output>["~standard"] & {
    readonly jsonSchema: { input(options: { target: "draft-2020-12" }): Record<string, unknown> };
  };
}

/** What a typed object is asked for with: a schema, and where it cannot tell of itself, its JSON Schema. */
export type ObjectSchema<Output> =
  | DescribedSchema<Output>
  | { readonly schema: StandardSchema<Output>; readonly jsonSchema: Readonly<Record<string, unknown>> };

/** What the model is told: the input of the schema, since what it gives is checked and transformed here. */
export function toJsonSchema(schema: ObjectSchema<unknown>): Record<string, unknown> {
  if ("schema" in schema) return { ...schema.jsonSchema };
  try {
    return schema["~standard"].jsonSchema.input({ target: "draft-2020-12" });
  } catch (cause) {
    const message = "The schema cannot be told as JSON Schema; give `{ schema, jsonSchema }`.";
    throw new GantryError("invalid_argument", message, { param: "schema", cause });
  }
}

/** The object that the schema makes of a value; `output_mismatch` where it does not fit. */
export async function readObject<Output>(schema: ObjectSchema<Output>, value: unknown): Promise<Output> {
  const checker = "schema" in schema ? schema.schema : schema;
  const result = await checker["~standard"].validate(value);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.slice(0, 5).map(({ message, path = [] }) => {
    const place = path.map((step) => String(typeof step === "object" ? step.key : step)).join(".");
    return place === "" ? message : `${place}: ${message}`;
  });
  throw new GantryError("output_mismatch", `The object does not fit its schema. ${issues.join("; ")}`);
}
