import { join, resolve } from "node:path";

/** Where the owner's own configuration of the CLI lies; both undefined where none of it is to be offered. */
export interface ClaudeHome {
  readonly configDirectory: string | undefined;
  /** Where the CLI keeps what it was told of MCP servers. */
  readonly stateFile: string | undefined;
}

/** `setting` is absolute, or `none`; `home` and `configDirectory` are as the environment has them. */
export function toClaudeHome(
  setting: string | undefined,
  home: string,
  configDirectory: string | undefined,
): ClaudeHome {
  if (setting === "none") return { configDirectory: undefined, stateFile: undefined };
  const usual = join(home, ".claude");
  const directory = resolve(setting ?? (configDirectory || usual));
  return { configDirectory: directory, stateFile: join(directory === usual ? home : directory, ".claude.json") };
}
