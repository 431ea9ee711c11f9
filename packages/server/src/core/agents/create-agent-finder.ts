import type { ThreadAgent } from "@gantry/contracts/agents";
import type { Principal } from "../access/principal.ts";
import { sees } from "../access/visibility.ts";
import type { AgentStore, StoredAgent } from "../ports/agent-store.ts";
import type { FindAgent } from "./resolve-multiagent.ts";

/** Finds the agents that a caller may name in a roster. */
export function createAgentFinder(agents: AgentStore, principal: Principal): FindAgent {
  return async (id, version) => {
    const found = await agents.find(id, version);
    if (found === undefined || !sees(principal, found.projectId)) return undefined;
    return {
      ...toThreadAgent(found),
      hasRoster: found.body.multiagent !== null,
      isArchived: found.archivedAt !== null,
    };
  };
}

/** What runs of an agent: nothing of its dates, its notes and its roster. */
export function toThreadAgent({ id, version, body }: StoredAgent): ThreadAgent {
  const { metadata: _metadata, multiagent: _multiagent, ...rest } = body;
  return { id, type: "agent", version, ...rest };
}
