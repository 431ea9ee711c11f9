import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export const repository = join(import.meta.dirname, "..", "..");
export const readText = (path: string): string => readFileSync(join(repository, path), "utf8");

/** A service of compose.yaml, as far as it is looked at. */
export interface ComposeService {
  readonly image: string;
  readonly build?: { readonly args: Readonly<Record<string, string>> };
  readonly ports?: readonly string[];
  readonly environment: Readonly<Record<string, string | null>>;
  readonly secrets?: readonly string[];
  readonly volumes: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly stop_grace_period?: string;
  readonly healthcheck?: { readonly test: string };
  readonly restart?: string;
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, null>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

export const readCompose = (): Compose => parse(readText("compose.yaml"), { merge: true });

/** A unit's settings, each with all that it was given. */
export function readUnit(path: string): ReadonlyMap<string, readonly string[]> {
  const settings = new Map<string, string[]>();
  for (const line of readText(path).split("\n")) {
    const [, name, value = ""] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined) settings.set(name, [...(settings.get(name) ?? []), value]);
  }
  return settings;
}

/** The variables of an environment file, those that are only shown included. */
export function readEnvironmentFile(path: string): readonly (readonly [string, string])[] {
  return [...readText(path).matchAll(/^#?([A-Z_]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]);
}
