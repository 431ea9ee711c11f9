/** A JSON Schema, as it came from outside. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * Checks schemas and values that nobody here has written: neither can hold up the server, whatever it holds. By the dialect that `$schema`
 * names: draft 2020-12, which goes where none is named, or draft-07.
 */
export interface SchemaChecker {
  /** Why a schema is of no use; undefined where it is good. `plain` is the same for an agent program, which knows draft-07 alone, and no formats. */
  examine(schema: JsonSchema, plain: JsonSchema): Promise<SchemaProblem | undefined>;
  /** What of a value does not fit, a sentence each; none where it does. Rejects with a `FailureError` where that took too long to find out. */
  check(schema: JsonSchema, value: unknown): Promise<readonly string[]>;
}

export interface SchemaProblem {
  /** Within the schema, such as `.properties.size`; empty for the whole. */
  readonly place: string;
  readonly message: string;
}
