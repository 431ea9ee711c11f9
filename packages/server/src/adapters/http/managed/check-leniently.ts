import type { z } from "zod";
import { checkInput } from "../admin/check-input.ts";

export interface LenientCheck<Output> {
  readonly value: Output;
  /** Paths of the fields that were left out because nobody here knows them. */
  readonly ignored: readonly string[];
}

const mostIgnored = 100;

/**
 * Checks what a client of the vendor's API sends: its newer versions have fields that are not known here. They are left out and
 * reported, everything else is checked as strictly as ever. Throws a `FailureError`.
 */
export function checkLeniently<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  whole: string,
): LenientCheck<z.output<Schema>> {
  const ignored: string[] = [];
  let rest = input;
  while (ignored.length < mostIgnored) {
    const unknown = findUnknown(schema, rest);
    if (unknown.length === 0) break;
    if (rest === input) rest = structuredClone(input);
    for (const path of unknown) {
      remove(rest, path);
      ignored.push(toText(path));
    }
  }
  const value = checkInput(schema, rest, whole);
  return { value, ignored: [...ignored, ...findDropped(rest, value)].slice(0, mostIgnored) };
}

type Path = readonly PropertyKey[];

function findUnknown(schema: z.ZodType, input: unknown): Path[] {
  const result = schema.safeParse(input);
  if (result.success) return [];
  return result.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [],
  );
}

function remove(value: unknown, path: Path): void {
  const holder = path.slice(0, -1).reduce<unknown>((inner, key) => (isHolder(inner) ? inner[key] : undefined), value);
  const last = path.at(-1);
  if (isHolder(holder) && last !== undefined) delete holder[last];
}

/** What a schema that takes any object has left out by itself. */
function findDropped(input: unknown, output: unknown, path: Path = []): string[] {
  if (Array.isArray(input) && Array.isArray(output)) {
    return input.flatMap((item, index) => findDropped(item, output[index], [...path, index]));
  }
  if (!isHolder(input) || !isHolder(output) || Array.isArray(input) || Array.isArray(output)) return [];
  return Object.keys(input).flatMap((key) =>
    Object.hasOwn(output, key) ? findDropped(input[key], output[key], [...path, key]) : [toText([...path, key])],
  );
}

function isHolder(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}

function toText(path: Path): string {
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return toHeaderText(text.replace(/^\./, ""));
}

/** A name of the client's as it may stand in a list in a header. */
export function toHeaderText(name: string): string {
  return name.replaceAll(/[^\x21-\x2B\x2D-\x7E]/g, "?").slice(0, 100);
}
