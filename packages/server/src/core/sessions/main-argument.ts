import type { ArgumentKind } from "../access/match-argument.ts";

/** The argument that rules are about, and how it is read. */
export interface MainArgument {
  readonly argument: string;
  readonly argumentKind: ArgumentKind;
}

const fields: Readonly<Record<string, readonly [field: string, kind: ArgumentKind]>> = {
  Bash: ["command", "command"],
  Read: ["file_path", "path"],
  Write: ["file_path", "path"],
  Edit: ["file_path", "path"],
  MultiEdit: ["file_path", "path"],
  NotebookEdit: ["notebook_path", "path"],
  Glob: ["path", "path"],
  Grep: ["path", "path"],
  WebFetch: ["url", "text"],
  WebSearch: ["query", "text"],
};

/** What a tool is called with, as rules see it: of a tool that is not known, the whole input as JSON. */
export function readMainArgument(tool: string, input: Readonly<Record<string, unknown>>): MainArgument {
  const known = fields[tool];
  if (known === undefined) return { argument: JSON.stringify(input), argumentKind: "text" };
  const [field, argumentKind] = known;
  const value = input[field];
  return { argument: typeof value === "string" ? value : "", argumentKind };
}
