import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { z } from "zod";

const longestName = 100;
const longestQuote = 40;

/**
 * Checks a body or a query. Throws a `FailureError` of code `invalid_request` that names the first field at fault, what was
 * expected and what came; `whole` is its name where no field is.
 */
export function checkInput<Schema extends z.ZodType>(schema: Schema, input: unknown, whole: string): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue === undefined) throw invalid(whole, "expected something else");
  if (issue.code === "unrecognized_keys") {
    const name = toName([...issue.path, issue.keys[0] ?? ""], whole);
    throw invalid(name, "not known here");
  }
  throw invalid(
    toName(issue.path, whole),
    `expected ${toExpected(issue)}, got ${describe(valueAt(input, issue.path))}`,
  );
}

function invalid(param: string, sentence: string): FailureError {
  return new FailureError(toFailure("invalid_request", `${param}: ${sentence}`, { param }));
}

const typeWords: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "an array",
};

/** The schemas' own sentences are for programmers; where one was written by us it is what is expected. */
function toExpected(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return typeWords[issue.expected] ?? issue.expected;
    case "too_small":
      return `at least ${toCount(issue.minimum, issue.origin)}`;
    case "too_big":
      return `at most ${toCount(issue.maximum, issue.origin)}`;
    case "invalid_value":
      return `one of ${issue.values.map(String).join(", ")}`;
    case "invalid_key": {
      const inner = issue.issues[0];
      return `a name of ${inner === undefined ? "another form" : toExpected(inner)}`;
    }
    default:
      return issue.message;
  }
}

function toCount(count: number | bigint, origin: string): string {
  if (origin === "string") return `${count} character${count === 1 ? "" : "s"}`;
  return origin === "array" ? `${count} ${count === 1 ? "entry" : "entries"}` : String(count);
}

/** What came, in a few words; long strings are not quoted. */
function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object") return "an object";
  if (typeof value !== "string") return String(value);
  return value.length <= longestQuote ? JSON.stringify(value) : `a string of ${value.length} characters`;
}

function toName(path: readonly PropertyKey[], whole: string): string {
  let name = "";
  for (const key of path) name += typeof key === "number" ? `[${key}]` : `${name === "" ? "" : "."}${String(key)}`;
  return name === "" ? whole : name.slice(0, longestName);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
  }
  return value;
}
