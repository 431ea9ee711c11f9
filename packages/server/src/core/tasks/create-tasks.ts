import type { Principal } from "../access/principal.ts";
import { sees, toProjectFilter } from "../access/visibility.ts";
import { createAuditRecorder } from "../control/audit-recorder.ts";
import { refuseField, refuseState, requireFound } from "../control/refusals.ts";
import { toClaimedId } from "../control/to-claimed-id.ts";
import type { IdempotencyClaim, SessionCaller } from "../sessions/session-service.ts";
import { readTaskSecret } from "./settle-task-webhook.ts";
import { addNews } from "./task-news.ts";
import { createTaskDesk, requireAllowed, type TaskDesk } from "./create-task-desk.ts";
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
  readonly desk: TaskDesk;
}

export function createTasks(parts: TaskParts): Tasks {
  const { jobs, clock } = parts;
  const audit = createAuditRecorder(parts.audit);
  const watch = createTaskWatch(parts);
  const runner = createTaskRunner(parts, watch.noteChange);
  const desk = createTaskDesk(parts);

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

  const service: TaskService = {
    async create(caller, input, claim) {
      const record = await desk.create(caller, input, { id: toTaskId(parts, caller, claim) });
      runner.wake();
      return toTaskSummary(record);
    },
    get: show,
    async list(principal, { status, scheduleId, ...page }) {
      const wanted = { ...(status !== undefined && { status }), ...(scheduleId !== undefined && { scheduleId }) };
      const filter = { ...toProjectFilter(principal), ...wanted };
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
  return { service, runner, desk };
}

/** The same for the same claim of the same key, so that twice is once. */
function toTaskId({ createId, digest }: TaskParts, { principal }: SessionCaller, claim?: IdempotencyClaim): string {
  return claim === undefined ? createId("task") : toClaimedId("task", principal.keyId, claim.key, digest);
}
