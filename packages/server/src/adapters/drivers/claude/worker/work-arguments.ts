import type { WorkSpec } from "../../../../core/ports/work-driver.ts";

/** How a process comes to its conversation: a new one under this id, or one that lies in its home already. */
export interface Beginning {
  readonly sessionId: string;
  readonly isResumed: boolean;
}

/** The CLI would run the commands that a skill's page holds when it is called, and ask nobody. */
const ownSettings = { disableSkillShellExecution: true };

/**
 * Arguments of a process that works. `--tools` restricts what exists. Settings, hooks and servers of the workspace are shut
 * out unless it is trusted; the user's own settings are read only where the spec brings subagents or skills, which lie
 * among them: the home is private, so there are no others. Each user's line is printed again when the CLI takes it up
 * (`--replay-user-messages`). Servers are named by the input later, since arguments can be read by every user of the machine.
 */
export function toWorkArguments(
  spec: Pick<
    WorkSpec,
    "tools" | "trustWorkspaceSettings" | "effort" | "model" | "agents" | "skills" | "instructions" | "outputSchema"
  >,
  { sessionId, isResumed }: Beginning,
): string[] {
  return [
    "-p",
    "--input-format",
    "stream-json",
    "--output-format",
    "stream-json",
    "--verbose",
    "--include-partial-messages",
    "--replay-user-messages",
    "--permission-prompt-tool",
    "stdio",
    "--permission-mode",
    "default",
    "--tools",
    spec.tools.join(","),
    "--setting-sources",
    toSettingSources(spec),
    "--settings",
    JSON.stringify(ownSettings),
    ...(spec.trustWorkspaceSettings ? [] : ["--strict-mcp-config"]),
    // No secret, unlike the servers: it says what is wanted.
    ...(spec.outputSchema === undefined ? [] : ["--json-schema", JSON.stringify(spec.outputSchema)]),
    ...(spec.effort === undefined ? [] : ["--effort", spec.effort]),
    "--model",
    spec.model,
    isResumed ? "--resume" : "--session-id",
    sessionId,
  ];
}

function toSettingSources({
  trustWorkspaceSettings,
  agents = [],
  skills = [],
  instructions,
}: Pick<WorkSpec, "trustWorkspaceSettings" | "agents" | "skills" | "instructions">): string {
  if (trustWorkspaceSettings) return "user,project,local";
  return agents.length > 0 || skills.length > 0 || instructions !== undefined ? "user" : "";
}
