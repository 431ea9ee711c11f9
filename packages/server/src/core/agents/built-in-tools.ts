import type { BuiltInToolName } from "@gantry/contracts/agent-tools";

/** The wire's names for the tools of agent programs, each with the program's own. */
const programNames: Readonly<Record<BuiltInToolName, string>> = {
  bash: "Bash",
  read: "Read",
  write: "Write",
  edit: "Edit",
  glob: "Glob",
  grep: "Grep",
  web_fetch: "WebFetch",
  web_search: "WebSearch",
};

const wireNames: ReadonlyMap<string, BuiltInToolName> = new Map(
  Object.entries(programNames).map(([name, program]) => [program, name as BuiltInToolName]),
);

/** What the agent program calls a tool of the wire. */
export function toProgramTool(name: BuiltInToolName): string {
  return programNames[name];
}

/** What the wire calls a tool of the agent program; undefined for one that it does not know. */
export function toWireTool(programTool: string): BuiltInToolName | undefined {
  return wireNames.get(programTool);
}
