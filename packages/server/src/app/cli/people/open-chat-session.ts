import type { Gantry, Session, SessionCreate } from "@gantry/sdk";
import type { ToolName } from "./tool-names.ts";

/** What a chat begins with. */
export interface ChatSettings {
  readonly model?: string;
  /** Id of an agent of the caller's own, in the place of the plain one. */
  readonly agent?: string;
  readonly profile?: string;
  readonly system?: string;
  /** Each asks before it is used. */
  readonly tools?: readonly ToolName[];
  readonly directory?: string;
  /** US dollars. */
  readonly budget?: number;
}

/** By which the agent and the environment of chats are found again: one of each for a project, not one for a chat. */
const mark = { name: "gantry_command", value: "chat" } as const;
const mostLookedAt = 500;
const usualModel = "sonnet";

export async function openChatSession(gantry: Gantry, settings: ChatSettings): Promise<Session> {
  const { profile, directory, budget } = settings;
  const [id, environment] = await Promise.all([
    settings.agent ?? findOrMakeAgent(gantry),
    findOrMake(gantry.environments.all({ limit: 100 }), () =>
      gantry.environments.create({ name: "gantry chat", metadata: { [mark.name]: mark.value } }),
    ),
  ]);
  const overrides = toOverrides(settings);
  return await gantry.sessions.create({
    agent: Object.keys(overrides).length === 0 ? id : { type: "agent_with_overrides", id, ...overrides },
    environment_id: environment,
    metadata: { [mark.name]: mark.value },
    ...(budget !== undefined && {
      budget: { type: "limit", max_list_cost: { amount: String(Math.round(budget * 100)), currency: "USD" } },
    }),
    gantry: {
      ...(profile !== undefined && { profile }),
      ...(directory !== undefined && { workspace: { directory } }),
    },
  });
}

type Overrides = Omit<Extract<SessionCreate["agent"], { type: "agent_with_overrides" }>, "type" | "id">;

function toOverrides({ model, system, tools }: ChatSettings): Overrides {
  return {
    ...(model !== undefined && { model: { id: model } }),
    ...(system !== undefined && { system }),
    ...(tools !== undefined && { tools: toToolset(tools) }),
  };
}

function toToolset(names: readonly ToolName[]): NonNullable<Overrides["tools"]> {
  const asks = { type: "always_ask" } as const;
  const configs = names.map((name) => ({ name, enabled: true, permission_policy: asks }));
  return [{ type: "agent_toolset_20260401", default_config: { enabled: false }, configs }];
}

function findOrMakeAgent(gantry: Gantry): Promise<string> {
  return findOrMake(gantry.agents.all({ limit: 100 }), () =>
    gantry.agents.create({ name: "gantry chat", model: usualModel, metadata: { [mark.name]: mark.value } }),
  );
}

interface Found {
  readonly id: string;
  readonly archived_at: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

async function findOrMake(all: AsyncIterable<Found>, make: () => Promise<Found>): Promise<string> {
  let looked = 0;
  for await (const { id, archived_at: archived, metadata } of all) {
    if (archived === null && metadata[mark.name] === mark.value) return id;
    looked += 1;
    if (looked >= mostLookedAt) break;
  }
  return (await make()).id;
}
