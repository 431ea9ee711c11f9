import type {
  AgentReference,
  Advisor,
  Multiagent,
  MultiagentInput,
  RosterEntryInput,
  SessionAgent,
  ThreadAgent,
} from "@gantry/contracts/agents";
import { refuseField } from "../control/refusals.ts";

/** Finds an agent that the caller may see, in its newest version or in the one named. Undefined where there is none. */
export type FindAgent = (id: string, version: number | undefined) => Promise<FoundAgent | undefined>;

export interface FoundAgent extends ThreadAgent {
  /** Whether it may call agents itself. */
  readonly hasRoster: boolean;
  readonly isArchived: boolean;
}

/** What `self` in a roster stands for: the version that is being made. */
export interface Self {
  readonly id: string;
  readonly version: number;
}

/** Turns what a client writes of subagents into references with versions. Throws a `FailureError` that names the entry at fault. */
export async function resolveMultiagent(input: MultiagentInput, self: Self, find: FindAgent): Promise<Multiagent> {
  if (input.type === "coordinator") {
    return { type: "coordinator", agents: await resolveRoster(input.agents, "multiagent.agents", self, find) };
  }
  const part = async (name: "subagents" | "workflows") => {
    const given = input[name];
    if (given?.type === "disabled") return { type: "disabled" as const };
    const path = `multiagent.${name}.predefined_agents`;
    const entries = await resolveRoster(given?.predefined_agents ?? [], path, self, find);
    return {
      type: "enabled" as const,
      inline_agents: given?.inline_agents ?? { type: "enabled" as const },
      // The input's schema knows no advisors here.
      predefined_agents: entries.filter((entry): entry is AgentReference => entry.type === "agent"),
    };
  };
  return {
    type: "multiagent_20261001",
    subagents: await part("subagents"),
    workflows: await part("workflows"),
    advisor: input.advisor ?? { type: "disabled" },
  };
}

async function resolveRoster(
  entries: readonly RosterEntryInput[],
  path: string,
  self: Self,
  find: FindAgent,
): Promise<(AgentReference | Advisor)[]> {
  const resolved: (AgentReference | Advisor)[] = [];
  for (const [index, entry] of entries.entries()) {
    const next = await resolveEntry(entry, `${path}[${index}]`, self, find);
    if (resolved.some((other) => isSame(other, next))) throw refuseField(`${path}[${index}]`, "it is there already");
    resolved.push(next);
  }
  return resolved;
}

function isSame(left: AgentReference | Advisor, right: AgentReference | Advisor): boolean {
  if (left.type === "advisor" || right.type === "advisor") return left.type === right.type;
  return left.id === right.id;
}

async function resolveEntry(
  entry: RosterEntryInput,
  path: string,
  self: Self,
  find: FindAgent,
): Promise<AgentReference | Advisor> {
  if (entry.type === "advisor") return { type: "advisor", model: entry.model ?? "" };
  if (entry.type === "self" || entry.id === self.id) return { type: "agent", ...self };
  const found = await find(entry.id ?? "", entry.version);
  if (found === undefined) throw refuseField(path, "there is no such agent, or not in this version");
  if (found.isArchived) throw refuseField(path, "this agent is archived");
  if (found.hasRoster) throw refuseField(path, "this agent calls agents itself, and one level is all there is");
  return { type: "agent", id: found.id, version: found.version };
}

/** The agents of a roster written out, for a session to keep. What is gone since is left out. */
export async function expandMultiagent(
  multiagent: Multiagent,
  self: ThreadAgent,
  find: FindAgent,
): Promise<SessionAgent["multiagent"]> {
  const expand = async (reference: AgentReference): Promise<ThreadAgent[]> => {
    if (reference.id === self.id) return [self];
    const found = await find(reference.id, reference.version);
    if (found === undefined) return [];
    const { hasRoster: _roster, isArchived: _archived, ...agent } = found;
    return [agent];
  };
  const expandAll = async (references: readonly AgentReference[]) => (await Promise.all(references.map(expand))).flat();
  if (multiagent.type === "coordinator") {
    const agents = multiagent.agents.map(async (entry) => (entry.type === "advisor" ? [entry] : await expand(entry)));
    return { type: "coordinator", agents: (await Promise.all(agents)).flat() };
  }
  const part = async ({ predefined_agents, ...rest }: typeof multiagent.subagents) => ({
    ...rest,
    ...(predefined_agents !== undefined && { predefined_agents: await expandAll(predefined_agents) }),
  });
  return {
    ...multiagent,
    subagents: await part(multiagent.subagents),
    workflows: await part(multiagent.workflows),
  };
}
