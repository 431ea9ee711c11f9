import { configFields, fieldNames } from "./config-fields.ts";
import { suggestion } from "./nearest-word.ts";

/** Read by the commands that are clients of a server; to the server itself they mean nothing, and are no mistake. */
const clientVariables = ["GANTRY_URL", "GANTRY_API_KEY"];

/** A line for each variable that was meant for Gantry, as its name says, and means nothing to it. */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = [...fieldNames.map((name) => configFields[name].environment), "GANTRY_CONFIG", ...clientVariables];
  return Object.keys(env)
    .filter((name) => name.startsWith("GANTRY_") && !known.includes(name))
    .map((name) => `the environment variable ${name} means nothing to Gantry${suggestion(name, known)}`);
}
