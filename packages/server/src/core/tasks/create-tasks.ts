import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { TaskInput } from "@gantry/contracts/tasks";
import { decide } from "../access/decide.ts";
import type { Principal } from "../access/principal.ts";
import { sees, toProjectFilter } from "../access/visibility.ts";
import { type AuditRecorder, createAuditRecorder } from "../control/audit-recorder.ts";
import { refuseField, refuseState, requireFound } from "../control/refusals.ts";
import type { IdempotencyClaim, SessionCaller } from "../sessions/session-service.ts";
import { toTaskTool } from "./make-task-session.ts";
import { settleTaskDirectory } from "./settle-task-directory.ts";
import { readTaskSecret, settleTaskWebhook } from "./settle-task-webhook.ts";
import { addNews } from "./task-news.ts";
import { settleOutputSchema } from "./settle-output-schema.ts";
import { listTaskArtifacts, showTask, toTaskSummary } from "./show-task.ts";
import { isOver, stepTask } from "./task-machine.ts";
import type { TaskParts } from "./task-parts.ts";
import { toTaskRecord, type TaskBody, type TaskRecord } from "./task-record.ts";
import { createTaskRunner, type TaskRunner } from "./task-runner.ts";
import type { TaskService } from "./task-service.ts";
import { createTaskWatch } from "./task-watch.ts";

export interface Tasks {
  readonly service: TaskService;
  readonly runner: TaskRunner;
}

const usualModel = "sonnet";

export function createTasks(parts: TaskParts): Tasks {
  const { jobs, clock, limits } = parts;
  const audit = createAuditRecorder(parts.audit);
  const watch = createTaskWatch(parts);
  const runner = createTaskRunner(parts, watch.noteChange);

  async function find(principal: Principal, id: string): Promise<TaskRecord> {
    const job = await jobs.get(id);
    const seen = job?.kind === "task" && sees(principal, job.projectId) ? job : undefined;
    return toTaskRecord(requireFound(seen, "task"));
  }
  const show = async (principal: Principal, id: string) => await showTask(parts, principal, await find(principal, id));

  /** Again and again until nobody came between. */
  async function amend(
    principal: Principal,
    id: string,
    toChange: (record: TaskRecord) => Parameters<typeof jobs.amend>[2] | undefined,
  ): Promise<TaskRecord> {
    for (;;) {
      const record = await find(principal, id);
      const change = toChange(record);
      if (change === undefined) return record;
      const job = await jobs.amend(id, record.job.version, change);
      if (job !== undefined) return toTaskRecord(job);
    }
  }

  async function put(caller: SessionCaller, id: string, input: TaskInput): Promise<TaskRecord> {
    const now = clock.epoch();
    const { keyId, projectId, profile } = caller.principal;
    const body = await toBody(parts, audit, caller, id, input);
    const answer = await jobs.enqueue(
      {
        id,
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
    const record = await find(caller.principal, id);
    if (answer === "known" && JSON.stringify(record.body.input) !== JSON.stringify(body.input)) {
      throw new FailureError(toFailure("idempotency_mismatch"));
    }
    return record;
  }

  const service: TaskService = {
    async create(caller, input, claim) {
      const { projectId } = caller.principal;
      const id = toTaskId(parts, caller, claim);
      const change = { action: "task.created", target: `task:${id}`, projectId, payload: input };
      const record = await audit.record(caller.actor, change, () => put(caller, id, input));
      runner.wake();
      return toTaskSummary(record);
    },
    get: show,
    async list(principal, { status, ...page }) {
      const filter = { ...toProjectFilter(principal), ...(status !== undefined && { status }) };
      const { items, nextCursor } = await jobs.list({ kind: "task", ...filter, ...page });
      return { items: items.map((job) => toTaskSummary(toTaskRecord(job))), nextCursor };
    },
    async wait(principal, id, ms, signal) {
      await find(principal, id);
      await watch.until(id, ms, signal, (status) => isOver(status) || status === "requires_action");
      return await show(principal, id);
    },
    async cancel({ principal, actor }, id) {
      const { job } = await find(principal, id);
      const change = { action: "task.cancelled", target: `task:${id}`, projectId: job.projectId };
      await audit.record(actor, change, () =>
        amend(principal, id, ({ job: seen, status, body }) => {
          if (status === "cancelled" || (body.cancelled && !isOver(status))) return undefined;
          const next = stepTask(status, "cancel");
          if (next === undefined) throw refuseState(`The task has ended already: ${status}.`);
          const now = clock.epoch();
          const ended = { ...body, cancelled: true, endedAt: now, error: "The task was cancelled." };
          if (seen.phase === "running") return { status, body: JSON.stringify({ ...body, cancelled: true }), now };
          const news = addNews({ job: seen, status, body }, "cancel", now);
          return { status: next, body: JSON.stringify(ended), phase: "done", now, ...(news !== undefined && { news }) };
        }),
      );
      runner.cancel(id);
      runner.tell();
      watch.noteChange(id);
      return await show(principal, id);
    },
    async raise(caller, id, maxCost) {
      const { principal, actor } = caller;
      const { job, body } = await find(principal, id);
      requireAllowed(principal, { kind: "cost", micros: Math.round(maxCost * 1_000_000) }, "max_cost");
      if (maxCost <= body.input.max_cost) throw refuseField("max_cost", `expected more than ${body.input.max_cost}`);
      const change = { action: "task.raised", target: `task:${id}`, projectId: job.projectId, detail: String(maxCost) };
      await audit.record(actor, change, async () => {
        const cents = String(Math.ceil(maxCost * 100));
        const budget = { type: "limit", max_list_cost: { amount: cents, currency: "USD" } } as const;
        // The money first: a task that is claimed finds it.
        if ((await parts.store.find(body.sessionId)) !== undefined) {
          await parts.sessions.service.update(caller, body.sessionId, { budget });
        }
        await amend(principal, id, ({ status, body: seen }) => {
          const next = status === "cost_exceeded" ? stepTask(status, "raise") : status;
          if (next === undefined || (isOver(status) && status !== "cost_exceeded")) {
            throw refuseState(`The task has ended already: ${status}.`);
          }
          const raised = { ...seen, input: { ...seen.input, max_cost: maxCost } };
          const now = clock.epoch();
          if (next === status) return { status, body: JSON.stringify(raised), now };
          const again: TaskBody = { ...raised, endedAt: null, error: null };
          return { status: next, body: JSON.stringify(again), phase: "waiting", now };
        });
      });
      runner.wake();
      return await show(principal, id);
    },
    async webhookSecret(principal, id) {
      const { job, body } = await find(principal, id);
      if (job.keyId !== principal.keyId || !body.input.webhook) return undefined;
      return await readTaskSecret(parts, principal, body.input.webhook);
    },
    artifacts: async (principal, id) => await listTaskArtifacts(parts, principal, await find(principal, id)),
    watch: (principal, id, signal) => watch.news(() => find(principal, id), id, signal),
  };
  return { service, runner };
}

/** The same for the same claim of the same key, so that twice is once. */
function toTaskId({ createId, digest }: TaskParts, { principal }: SessionCaller, claim?: IdempotencyClaim): string {
  if (claim === undefined) return createId("task");
  return `task_${digest(`${principal.keyId}\n${claim.key}`).slice(0, 24)}`;
}

async function toBody(
  parts: TaskParts,
  audit: AuditRecorder,
  caller: SessionCaller,
  id: string,
  given: TaskInput,
): Promise<TaskBody> {
  const { principal } = caller;
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
    if (toTaskTool(tool) === undefined) {
      throw refuseField(`allow_tools[${index}]`, "expected Read, Write, Edit, Bash, Glob, Grep, WebFetch or WebSearch");
    }
  }
  const directory = await settleTaskDirectory(parts, principal, input);
  const { allow_agents: agents, allow_skills: skills } = input;
  if (agents.length > 0 || skills.length > 0) await parts.capabilities.select([profile], { agents, skills, directory });
  const { output_schema: schema } = input;
  const plainSchema = schema ? await settleOutputSchema(parts.schemas, schema) : undefined;
  // Last: it makes an endpoint, and no task that is refused is to leave one.
  const webhookId = input.webhook ? await settleTaskWebhook(parts, audit, caller, input.webhook) : undefined;
  return {
    input: { ...input, ...(directory !== undefined && { working_directory: directory }) },
    model: model.id,
    ...(webhookId !== undefined && { webhookId }),
    ...(plainSchema !== undefined && { plainSchema }),
    sessionId: `sesn_${id.slice(id.indexOf("_") + 1)}`,
    startedAt: null,
    endedAt: null,
    workedMs: 0,
    cancelled: false,
    output: null,
    error: null,
  };
}

function requireAllowed({ profile }: Principal, request: Parameters<typeof decide>[1], param: string): void {
  const { action, reason } = decide(profile, request);
  if (action === "allow") return;
  throw new FailureError(toFailure("forbidden", `Permission denied: ${reason}`, { param }));
}
