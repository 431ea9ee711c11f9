import type { SessionAgent } from "@gantry/contracts/agents";
import type { SessionResourceInput } from "@gantry/contracts/session-resources";
import type { SessionSettings } from "@gantry/contracts/sessions";
import type { RunWish } from "../capabilities/run-capabilities.ts";
import { refuseField } from "../control/refusals.ts";
import { toDirectoryName } from "../resources/resource-service.ts";

/** The settings of a session with the repository among its resources as its workspace. Throws a `FailureError` where they name another. */
export function settleWorkspace(
  settings: SessionSettings,
  resources: readonly SessionResourceInput[] = [],
): SessionSettings {
  const index = resources.findIndex(({ type }) => type === "github_repository");
  const repository = resources[index];
  if (repository?.type !== "github_repository") return settings;
  const { workspace = {} } = settings;
  if (workspace.directory !== undefined || workspace.ref !== undefined) {
    throw refuseField(
      "gantry.workspace",
      "a repository among the resources is the workspace already: leave out directory and ref",
    );
  }
  const directory = toDirectoryName(repository.url, `resources[${index}].`);
  const { checkout } = repository;
  const ref = checkout?.type === "branch" ? checkout.name : checkout?.sha;
  return { ...settings, workspace: { ...workspace, directory, ...(ref !== undefined && { ref }) } };
}

export interface WishedSession {
  readonly agent: Pick<SessionAgent, "skills">;
  readonly settings: Pick<SessionSettings, "capabilities" | "workspace">;
  readonly mcpServers?: readonly string[] | undefined;
}

/** Subagents, skills and MCP servers that a session is given: those it names, and its agent's skills. Undefined where there are none. */
export function toWish({
  agent: { skills },
  settings: { capabilities, workspace },
  mcpServers = [],
}: WishedSession): RunWish | undefined {
  if (capabilities === undefined && skills.length === 0 && mcpServers.length === 0) return undefined;
  for (const [index, { type, skill_id: name, version }] of skills.entries()) {
    const field = `agent.skills[${index}]`;
    if (type !== "custom") {
      throw refuseField(
        field,
        `the vendor's own skill ${JSON.stringify(name)} is not here: expected a custom one, by its name in GET /v1/capabilities`,
      );
    }
    if (version !== "latest") throw refuseField(`${field}.version`, "skills have no versions here: leave it out");
  }
  const named = [...(capabilities?.skills ?? []), ...skills.map(({ skill_id: name }) => name)];
  return { ...capabilities, skills: named, mcpServers, directory: workspace?.directory };
}
