import type { Agent, AgentInput, AgentUpdate } from "@gantry/contracts/agents";
import type { Principal } from "../access/principal.ts";
import { sees, toProjectFilter } from "../access/visibility.ts";
import { createAuditRecorder } from "../control/audit-recorder.ts";
import type { Caller } from "../control/caller.ts";
import type { ControlParts } from "../control/control-parts.ts";
import { createId } from "../control/create-id.ts";
import { changedFields, refuseState, requireFound } from "../control/refusals.ts";
import { toNullableTimestamp, toTimestamp } from "../control/to-timestamp.ts";
import type { AgentBody, AgentQuery, StoredAgent } from "../ports/agent-store.ts";
import type { Page, PageRequest } from "../ports/control-store.ts";
import type { ManagedStore } from "../ports/managed-store.ts";
import type { ManagedNews } from "../webhooks/create-managed-news.ts";
import { createAgentFinder } from "./create-agent-finder.ts";
import { changeAgent, resolveAgent } from "./resolve-agent.ts";

/**
 * The agents of a project. A key with the scope `admin` sees those of all projects. Rejects with a `FailureError`: `not_found` for
 * what the caller may not see, `conflict` for an archived agent and for a version that is not the newest, `invalid_request`.
 */
export interface AgentService {
  create(caller: Caller, input: AgentInput): Promise<Agent>;
  /** The newest version where none is named. */
  get(principal: Principal, id: string, version?: number): Promise<Agent>;
  list(principal: Principal, query: Omit<AgentQuery, "projectId">): Promise<Page<Agent>>;
  versions(principal: Principal, id: string, page: PageRequest): Promise<Page<Agent>>;
  /** Makes the next version; an update that changes nothing makes none. */
  update(caller: Caller, id: string, update: AgentUpdate): Promise<Agent>;
  /** Read-only from then on; sessions that have it go on. Archiving twice is archiving once. */
  archive(caller: Caller, id: string): Promise<Agent>;
}

export interface AgentServiceParts extends ControlParts {
  readonly store: ControlParts["store"] & { readonly managed: Pick<ManagedStore, "agents"> };
  /** Missing where nobody is to be told. */
  readonly tell?: ManagedNews;
}

export function createAgentService(parts: AgentServiceParts): AgentService {
  const { clock, store } = parts;
  const { agents } = store.managed;
  const audit = createAuditRecorder(parts);
  const find = async (principal: Principal, id: string, version?: number): Promise<StoredAgent> => {
    const found = await agents.find(id, version);
    return requireFound(found !== undefined && sees(principal, found.projectId) ? found : undefined, "agent");
  };
  const changeOf = ({ id, projectId }: Pick<StoredAgent, "id" | "projectId">, verb: string, payload?: unknown) => ({
    action: `agent.${verb}`,
    target: `agent:${id}`,
    projectId,
    payload,
  });

  return {
    async create({ principal, actor }, input) {
      const id = createId("agent", parts.random);
      const { projectId } = principal;
      const made = await audit.record(actor, changeOf({ id, projectId }, "created", input), async () => {
        const body = await resolveAgent(input, { id, version: 1 }, createAgentFinder(agents, principal));
        return toAgent(await agents.create({ id, projectId, body, createdAt: clock.epoch() }));
      });
      await parts.tell?.({ id, projectId }, "agent.created", "created");
      return made;
    },
    get: async (principal, id, version) => toAgent(await find(principal, id, version)),
    async list(principal, query) {
      const { items, nextCursor } = await agents.list({ ...query, ...toProjectFilter(principal) });
      return { items: items.map(toAgent), nextCursor };
    },
    async versions(principal, id, page) {
      await find(principal, id);
      const { items, nextCursor } = await agents.versions(id, page);
      return { items: items.map(toAgent), nextCursor };
    },
    async update({ principal, actor }, id, update) {
      const current = await find(principal, id);
      const detail = changedFields(update).join(", ");
      const changed = await audit.record(actor, { ...changeOf(current, "updated", update), detail }, async () => {
        if (current.archivedAt !== null) throw refuseState("The agent is archived: it can be read, and no more.");
        if (update.version !== undefined && update.version !== current.version) throw refuseVersion(current.version);
        const finder = createAgentFinder(agents, principal);
        const change = (version: number) => changeAgent(current.body, update, { id, version }, finder);
        if (isSameBody(await change(current.version), current.body)) return toAgent(current);
        const version = current.version + 1;
        const body = await change(version);
        if (!(await agents.addVersion(id, version, body, clock.epoch()))) throw refuseVersion(version);
        return toAgent(requireFound(await agents.find(id, version), "agent"));
      });
      if (changed.version !== current.version) await parts.tell?.(current, "agent.updated", `v${changed.version}`);
      return changed;
    },
    async archive({ principal, actor }, id) {
      const current = await find(principal, id);
      if (current.archivedAt !== null) return toAgent(current);
      const archived = await audit.record(actor, changeOf(current, "archived"), async () =>
        toAgent(requireFound(await agents.archive(id, clock.epoch()), "agent")),
      );
      await parts.tell?.(current, "agent.archived", "archived");
      return archived;
    },
  };
}

function refuseVersion(newest: number): Error {
  return refuseState(`The agent is at version ${newest} by now; read it, and make the change to that.`);
}

/** Whether two bodies say the same; the order of the fields of an object says nothing. */
function isSameBody(left: AgentBody, right: AgentBody): boolean {
  return JSON.stringify(toSorted(left)) === JSON.stringify(toSorted(right));
}

function toSorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toSorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return entries.map(([name, inner]) => [name, toSorted(inner)]);
}

function toAgent({ id, version, body, createdAt, updatedAt, archivedAt }: StoredAgent): Agent {
  return {
    id,
    type: "agent",
    version,
    ...body,
    created_at: toTimestamp(createdAt),
    updated_at: toTimestamp(archivedAt ?? updatedAt),
    archived_at: toNullableTimestamp(archivedAt),
  };
}
