import type { Flags } from "../../config.ts";
import { FlagError } from "../control/flag-error.ts";
import { listFlag } from "../control/flag-values.ts";

/** Tools that a chat's agent may be given, by the names of the API. */
export const toolNames = ["bash", "read", "write", "edit", "glob", "grep"] as const;
export type ToolName = (typeof toolNames)[number];

const isToolName = (name: string): name is ToolName => (toolNames as readonly string[]).includes(name);

/** Tools of `--tools`, in whatever case they are written. */
export function readToolNames(flags: Flags): readonly ToolName[] | undefined {
  return listFlag(flags, "tools")?.map((given) => {
    const name = given.toLowerCase();
    if (!isToolName(name)) throw new FlagError("tools", toolNames.join(", "), given);
    return name;
  });
}
