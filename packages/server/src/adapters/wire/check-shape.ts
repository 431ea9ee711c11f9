import type { z } from "zod";
import { toFailure, type Failure } from "@gantry/contracts/errors";

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

const longestQuotedString = 40;

/**
 * Checks one piece of a body against a schema whose `error` texts say what is expected.
 * `path` is the piece's place in the body, empty for the body itself. The failure names the first field at fault.
 */
export function checkShape<T>(schema: z.ZodType<T>, input: unknown, path: string): Checked<T> {
  const result = schema.safeParse(input);
  if (result.success) return { ok: true, value: result.data };
  const issue = result.error.issues[0];
  return rejectField(
    joinPath(path, issue?.path ?? []),
    issue?.message ?? "another value",
    valueAt(input, issue?.path ?? []),
  );
}

/** A failure of the form `<param>: expected <expected>, got <what came>`. */
export function rejectField(param: string, expected: string, came: unknown): { ok: false; failure: Failure } {
  return reject("invalid_request", param, `expected ${expected}, got ${describe(came)}`);
}

/** A failure that names the field in front of its sentence. */
export function reject(
  code: "invalid_request" | "unsupported_feature" | "invalid_image",
  param: string,
  sentence: string,
): { ok: false; failure: Failure } {
  return { ok: false, failure: toFailure(code, `${param}: ${sentence}`, { param }) };
}

/** Says in a few words what came; long strings are never quoted, so that a message stays short and holds no prompt. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array";
  if (typeof value === "object") return "an object";
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value !== "string") return String(value);
  return value.length <= longestQuotedString
    ? `the string ${JSON.stringify(value)}`
    : `a string of ${value.length} characters`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function joinPath(base: string, keys: readonly PropertyKey[]): string {
  let path = base;
  for (const key of keys) path += typeof key === "number" ? `[${key}]` : `${path === "" ? "" : "."}${String(key)}`;
  return path === "" ? "body" : path;
}

function valueAt(input: unknown, keys: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of keys) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
