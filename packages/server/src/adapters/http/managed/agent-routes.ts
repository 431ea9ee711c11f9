import { agent, agentInput, agentUpdate } from "@gantry/contracts/agents";
import { z } from "zod";
import type { AgentService } from "../../../core/agents/agent-service.ts";
import type { Handlers, Operation } from "../admin/operation.ts";
import { createdAtFields, flagField, pageFields, versionField } from "./managed-query-fields.ts";
import { managedList, toManagedList, toManagedPageRequest } from "./managed-list.ts";

const { "created_at[gte]": from, "created_at[lte]": to } = createdAtFields;

export const agentOperations = {
  createAgent: {
    method: "POST",
    path: "/v1/agents",
    summary: "Create an agent: what sessions are made after.",
    access: "sessions",
    body: agentInput,
    answer: agent,
  },
  listAgents: {
    method: "GET",
    path: "/v1/agents",
    summary: "List agents in their newest versions, newest first.",
    access: "sessions",
    query: z.strictObject({
      ...pageFields,
      include_archived: flagField,
      "created_at[gte]": from,
      "created_at[lte]": to,
    }),
    answer: managedList(agent),
  },
  getAgent: {
    method: "GET",
    path: "/v1/agents/:id",
    summary: "Show the newest version of an agent, or the one asked for.",
    access: "sessions",
    query: z.strictObject({ version: versionField }),
    answer: agent,
  },
  updateAgent: {
    method: "POST",
    path: "/v1/agents/:id",
    summary: "Make the next version of an agent; what is not named stays. A change that changes nothing makes none.",
    access: "sessions",
    body: agentUpdate,
    answer: agent,
  },
  listAgentVersions: {
    method: "GET",
    path: "/v1/agents/:id/versions",
    summary: "List the versions of an agent, newest first.",
    access: "sessions",
    query: z.strictObject(pageFields),
    answer: managedList(agent),
  },
  archiveAgent: {
    method: "POST",
    path: "/v1/agents/:id/archive",
    summary: "Archive an agent for good: it can be read, and no session can be made after it.",
    access: "sessions",
    answer: agent,
  },
} as const satisfies Record<string, Operation>;

export function createAgentHandlers(agents: AgentService): Handlers<typeof agentOperations> {
  return {
    createAgent: (call) => agents.create(call, call.body),
    async listAgents({ principal, query }) {
      const { include_archived: includeArchived = false, "created_at[gte]": from, "created_at[lte]": to } = query;
      const bounds = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
      return toManagedList(
        await agents.list(principal, { ...toManagedPageRequest(query), includeArchived, ...bounds }),
      );
    },
    getAgent: ({ principal, params, query }) => agents.get(principal, params.id, query.version),
    updateAgent: (call) => agents.update(call, call.params.id, call.body),
    listAgentVersions: async ({ principal, params, query }) =>
      toManagedList(await agents.versions(principal, params.id, toManagedPageRequest(query))),
    archiveAgent: (call) => agents.archive(call, call.params.id),
  };
}
