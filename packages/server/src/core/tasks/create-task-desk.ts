import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { TaskInput } from "@gantry/contracts/tasks";
import { decide } from "../access/decide.ts";
import type { Principal } from "../access/principal.ts";
import { sees } from "../access/visibility.ts";
import { createAuditRecorder } from "../control/audit-recorder.ts";
import { refuseField, requireFound } from "../control/refusals.ts";
import type { SessionCaller } from "../sessions/session-service.ts";
import { toTaskTool } from "./make-task-session.ts";
import { listMcpServers, readMcpTool } from "./read-mcp-tool.ts";
import { settleOutputSchema } from "./settle-output-schema.ts";
import { settleTaskDirectory } from "./settle-task-directory.ts";
import { checkTaskWebhook, settleTaskWebhook } from "./settle-task-webhook.ts";
import type { TaskParts } from "./task-parts.ts";
import { toTaskRecord, type TaskBody, type TaskRecord } from "./task-record.ts";

/** Takes tasks in. Rejects with a `FailureError`: `invalid_request`, `forbidden`, `not_found`, `queue_full`, `idempotency_mismatch`. */
export interface TaskDesk {
  /** Whether a key may have such a task made. */
  check(principal: Principal, input: TaskInput): Promise<void>;
  /** Queues it, once for each id; committed when it resolves. Nobody is told that there is something to do. */
  create(caller: SessionCaller, input: TaskInput, made: MadeTask): Promise<TaskRecord>;
}

export interface MadeTask {
  readonly id: string;
  /** The schedule that it comes from. */
  readonly scheduleId?: string;
}

export type DeskParts = Pick<
  TaskParts,
  | "jobs"
  | "audit"
  | "clock"
  | "limits"
  | "findModel"
  | "directories"
  | "capabilities"
  | "schemas"
  | "webhooks"
  | "privateHosts"
  | "digest"
  | "randomBytes"
>;

const usualModel = "sonnet";

export function createTaskDesk(parts: DeskParts): TaskDesk {
  const { jobs, clock, limits } = parts;
  const audit = createAuditRecorder(parts.audit);

  async function put(caller: SessionCaller, input: TaskInput, made: MadeTask): Promise<TaskRecord> {
    const { principal } = caller;
    const now = clock.epoch();
    const { keyId, projectId, profile } = principal;
    const checked = await toBody(parts, principal, made.id, input);
    // It makes an endpoint, and no task that is refused is to leave one.
    const webhookId = input.webhook ? await settleTaskWebhook(parts, audit, caller, input.webhook) : undefined;
    const body = { ...checked, ...(webhookId !== undefined && { webhookId }) };
    const answer = await jobs.enqueue(
      {
        ...made,
        kind: "task",
        projectId,
        keyId,
        priority: input.priority,
        now,
        notBefore: 0,
        projectLimit: 1_000,
        keyLimit: Math.max(1, profile.maxConcurrentTasks),
        status: "queued",
        body: JSON.stringify(body),
      },
      { mostWaiting: limits.mostWaiting, mostOfProject: limits.mostWaiting },
    );
    if (answer === "full") {
      throw new FailureError(
        toFailure("queue_full", `${limits.mostWaiting} tasks wait already; try again later.`, { retryAfterMs: 5_000 }),
      );
    }
    const job = await jobs.get(made.id);
    const seen = job?.kind === "task" && sees(principal, job.projectId) ? job : undefined;
    const record = toTaskRecord(requireFound(seen, "task"));
    if (answer === "known" && JSON.stringify(record.body.input) !== JSON.stringify(body.input)) {
      throw new FailureError(toFailure("idempotency_mismatch"));
    }
    return record;
  }

  return {
    check: async (principal, input) => void (await toBody(parts, principal, "task_", input)),
    async create(caller, input, made) {
      const { projectId } = caller.principal;
      const change = { action: "task.created", target: `task:${made.id}`, projectId, payload: input };
      return await audit.record(caller.actor, change, () => put(caller, input, made));
    },
  };
}

async function toBody(parts: DeskParts, principal: Principal, id: string, given: TaskInput): Promise<TaskBody> {
  const { wait: _wait, project_id: project, ...input } = given;
  const { profile } = principal;
  if (typeof project === "string" && project !== principal.projectId && project !== "default") {
    throw refuseField("project_id", "expected the project of the key, or none");
  }
  const wanted = input.model ?? usualModel;
  const model = (await parts.findModel(principal, wanted)) ?? { id: wanted, names: [wanted] };
  requireAllowed(principal, { kind: "model", names: model.names }, "model");
  requireAllowed(principal, { kind: "execution_seconds", seconds: input.timeout }, "timeout");
  requireAllowed(principal, { kind: "cost", micros: Math.round(input.max_cost * 1_000_000) }, "max_cost");
  for (const [index, tool] of input.allow_tools.entries()) {
    if (toTaskTool(tool) === undefined && readMcpTool(tool) === undefined) {
      const known = "Read, Write, Edit, Bash, Glob, Grep, WebFetch, WebSearch or mcp__SERVER__TOOL";
      throw refuseField(`allow_tools[${index}]`, `expected ${known}`);
    }
  }
  const directory = await settleTaskDirectory(parts, principal, input);
  const { allow_agents: agents, allow_skills: skills } = input;
  const mcpServers = listMcpServers(input.allow_tools);
  if (agents.length + skills.length + mcpServers.length > 0) {
    await parts.capabilities.select([profile], { agents, skills, mcpServers, directory });
  }
  const { output_schema: schema } = input;
  const plainSchema = schema ? await settleOutputSchema(parts.schemas, schema) : undefined;
  if (input.webhook) await checkTaskWebhook(parts, principal, input.webhook);
  return {
    input: { ...input, ...(directory !== undefined && { working_directory: directory }) },
    model: model.id,
    ...(plainSchema !== undefined && { plainSchema }),
    sessionId: `sesn_${id.slice(id.indexOf("_") + 1)}`,
    startedAt: null,
    endedAt: null,
    workedMs: 0,
    holds: 0,
    cancelled: false,
    output: null,
    error: null,
  };
}

/** Throws a `FailureError` of code `forbidden` where the profile does not let it. */
export function requireAllowed({ profile }: Principal, request: Parameters<typeof decide>[1], param: string): void {
  const { action, reason } = decide(profile, request);
  if (action === "allow") return;
  throw new FailureError(toFailure("forbidden", `Permission denied: ${reason}`, { param }));
}
