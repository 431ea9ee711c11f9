import { z } from "zod";

/** One setting: its environment variable, its flag where it has one, and what it means. Its name is that of the config file. */
export interface ConfigField<Value> {
  readonly environment: string;
  /** Without the dashes; undefined where there is no flag. */
  readonly flag?: string;
  readonly schema: z.ZodType<Value>;
  /** How text from a flag or the environment becomes a value; the config file holds the value itself. */
  readonly fromText: (text: string) => unknown;
  /** What is expected, in words, for messages. */
  readonly expected: string;
  /** What the default is, in words, where it is worked out rather than fixed. */
  readonly fallback: Value | { readonly computed: string };
  readonly meaning: string;
  /** Whether it may hold a password, so that no message repeats what was given. */
  readonly secret?: true;
}

type Settings = Pick<ConfigField<unknown>, "environment" | "flag" | "meaning" | "secret">;

const asIs = (text: string): string => text;
/** Only plain digits: `1e3`, ` 8` and `0x10` are more likely slips than wishes. */
const toInteger = (text: string): unknown => (/^-?\d{1,16}$/.test(text) ? Number(text) : text);

export function integer(
  settings: Settings & { from: number; to: number; fallback: number | { computed: string } },
): ConfigField<number> {
  const { from, to, ...rest } = settings;
  const expected = `a whole number from ${from} to ${to}`;
  return { ...rest, schema: z.int().min(from).max(to), fromText: toInteger, expected };
}

export function text(
  settings: Settings & { expected: string; fallback: string | { computed: string } },
): ConfigField<string> {
  return { ...settings, schema: z.string().min(1).max(4096), fromText: asIs };
}

export function choice<Choice extends string>(
  settings: Settings & {
    choices: readonly [Choice, ...Choice[]];
    fallback: Choice | { computed: string };
  },
): ConfigField<Choice> & { readonly choices: readonly [Choice, ...Choice[]] } {
  const { choices } = settings;
  const expected = `one of ${choices.join(", ")}`;
  return { ...settings, schema: z.enum(choices), fromText: asIs, expected };
}

export function toggle(settings: Settings & { fallback: boolean }): ConfigField<boolean> {
  const fromText = (text: string): unknown => (text === "true" ? true : text === "false" ? false : text);
  return { ...settings, schema: z.boolean(), fromText, expected: "true or false" };
}

/** What is a list or an object: in the environment as JSON. */
export function structure<Value>(
  settings: Settings & { schema: z.ZodType<Value>; expected: string; fallback: Value | { computed: string } },
): ConfigField<Value> {
  return { ...settings, fromText: toJson };
}

/** What is no JSON is left for the schema to refuse. */
function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const dayMs = 86_400_000;
export const duration = (environment: string, fallback: number, meaning: string): ConfigField<number> =>
  integer({ environment, from: 1, to: dayMs, fallback, meaning: `${meaning}, in milliseconds.` });

/** The default in words: as it is written, or how it is worked out. */
export function describeFallback({ fallback }: { readonly fallback: unknown }): string {
  if (typeof fallback !== "object" || fallback === null) return String(fallback);
  return "computed" in fallback ? String(fallback.computed) : JSON.stringify(fallback);
}
