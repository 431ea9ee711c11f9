import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { configFields, fieldNames } from "./config-fields.ts";
import { suggestion } from "./nearest-word.ts";
import { describeSystemError, StartError } from "./start-error.ts";

export interface ConfigFile {
  /** For messages; empty where there is no file. */
  readonly name: string;
  /** The folder that its relative paths start at. */
  readonly base: string;
  /** By the names of fields, not checked yet. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Reads the config file, where one is named. Throws a {@link StartError}, for a field that is not known too. */
export function readConfigFile(name: string | undefined, cwd: string): ConfigFile {
  if (name === undefined || name === "") return { name: "", base: cwd, values: {} };
  const path = resolve(cwd, name);
  const values = parseConfigFile(name, path);
  for (const key of Object.keys(values)) {
    if (Object.hasOwn(configFields, key)) continue;
    throw new StartError(`config file ${name}: unknown field "${key}"${suggestion(key, fieldNames)}`);
  }
  return { name: `config file ${name}`, base: dirname(path), values };
}

function parseConfigFile(name: string, path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new StartError(`config file ${name} cannot be read: ${describeSystemError(cause)}`, {
      cause,
    });
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new StartError(`config file ${name} is not valid JSON: ${describeSystemError(cause)}`, {
      cause,
    });
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new StartError(`config file ${name}: expected a JSON object, got ${JSON.stringify(parsed).slice(0, 80)}`);
  }
  return { ...parsed };
}
