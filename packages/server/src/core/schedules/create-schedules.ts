import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { DeletedSchedule, Schedule, ScheduleInput, ScheduleUpdate } from "@gantry/contracts/schedules";
import type { TaskSummary } from "@gantry/contracts/tasks";
import type { Principal } from "../access/principal.ts";
import { sees, toProjectFilter } from "../access/visibility.ts";
import { createAuditRecorder } from "../control/audit-recorder.ts";
import { changedFields, refuseField, refuseState, requireChange, requireFound } from "../control/refusals.ts";
import { toClaimedId } from "../control/to-claimed-id.ts";
import type { Page, PageRequest } from "../ports/control-store.ts";
import type { CronTimes } from "../ports/cron-reader.ts";
import type { IdempotencyClaim, SessionCaller } from "../sessions/session-service.ts";
import { toTaskSummary } from "../tasks/show-task.ts";
import { beginSchedule, beginsTasks, changeSchedule, withUpdate } from "./change-schedule.ts";
import type { ScheduleParts } from "./schedule-parts.ts";
import { toDueAt, toScheduleRecord, type ScheduleRecord } from "./schedule-record.ts";
import { createScheduleRunner, type ScheduleRunner } from "./schedule-runner.ts";
import { showSchedule } from "./show-schedule.ts";

/**
 * Tasks that are made at the times of a cron expression. A project sees its own; a key with the scope `admin` sees all. Rejects with a
 * `FailureError`: `not_found`, `invalid_request`, `forbidden`, `conflict`, `queue_full`, `idempotency_mismatch`.
 */
export interface ScheduleService {
  /** The same claim again gives the same schedule. */
  create(caller: SessionCaller, input: ScheduleInput, claim?: IdempotencyClaim): Promise<Schedule>;
  get(principal: Principal, id: string): Promise<Schedule>;
  /** Newest first. */
  list(principal: Principal, page: PageRequest): Promise<Page<Schedule>>;
  /** Whoever changes what is run, or when, is whose rights its tasks have from then on. */
  update(caller: SessionCaller, id: string, update: ScheduleUpdate): Promise<Schedule>;
  /** Its tasks stay. */
  remove(caller: SessionCaller, id: string): Promise<DeletedSchedule>;
  /** Makes a task now, under the caller's own rights; also while it is paused. The same claim again gives the same task. */
  run(caller: SessionCaller, id: string, claim?: IdempotencyClaim): Promise<TaskSummary>;
}

export interface Schedules {
  readonly service: ScheduleService;
  readonly runner: ScheduleRunner;
}

export function createSchedules(parts: ScheduleParts): Schedules {
  const { schedules, desk, clock } = parts;
  const audit = createAuditRecorder(parts.audit);

  async function find(principal: Principal, id: string): Promise<ScheduleRecord> {
    const row = await schedules.get(id);
    return toScheduleRecord(requireFound(row && sees(principal, row.projectId) ? row : undefined, "schedule"));
  }
  const toId = (prefix: "sched" | "task", keyId: string, claim: string | undefined): string =>
    claim === undefined ? parts.createId(prefix) : toClaimedId(prefix, keyId, claim, parts.digest);

  /** Throws a `FailureError` where the key may not have such a task made. */
  async function checkTask(principal: Principal, { task }: ScheduleInput): Promise<void> {
    await desk.check(principal, task).catch((error: unknown) => {
      if (!(error instanceof FailureError) || error.failure.param === undefined) throw error;
      const { param, message } = error.failure;
      const told = message.startsWith(`${param}: `) ? `task.${message}` : message;
      throw new FailureError({ ...error.failure, param: `task.${param}`, message: told }, { cause: error });
    });
  }

  async function change(
    { principal, actor }: SessionCaller,
    id: string,
    update: ScheduleUpdate,
  ): Promise<ScheduleRecord> {
    const { row: seen } = await find(principal, id);
    const about = { action: "schedule.updated", target: `schedule:${id}`, projectId: seen.projectId };
    const told = { ...about, payload: update, detail: changedFields(update).join(", ") };
    return await audit.record(actor, told, async (stores) => {
      for (;;) {
        const { row, body } = await find(principal, id);
        const input = withUpdate(body.input, update);
        const times = requireTimes(parts, input);
        // An administrator of all projects has no rights within this one that its tasks could have.
        const takesOver = beginsTasks(update) && principal.projectId === row.projectId;
        if (takesOver) await checkTask(principal, input);
        const now = clock.epoch();
        const next = changeSchedule(body, input, times, now);
        const keyId = takesOver ? principal.keyId : row.keyId;
        const fields = { keyId, dueAt: toDueAt(next, now), body: JSON.stringify(next), now };
        const made = await stores.schedules.change(id, row.version, fields);
        if (made !== undefined) return toScheduleRecord(made);
      }
    });
  }

  const service: ScheduleService = {
    async create({ principal, actor }, input, claim) {
      const { keyId, projectId } = principal;
      const id = toId("sched", keyId, claim?.key);
      const about = { action: "schedule.created", target: `schedule:${id}`, projectId, payload: input };
      const made = await audit.record(actor, about, async (stores) => {
        const times = requireTimes(parts, input);
        await checkTask(principal, input);
        const { mostOfProject } = parts.limits;
        if ((await schedules.get(id)) === undefined && (await schedules.count(projectId)) >= mostOfProject) {
          throw refuseState(`The project has ${mostOfProject} schedules already; delete one first.`);
        }
        const now = clock.epoch();
        const body = beginSchedule(input, times, now);
        const place = { id, projectId, keyId, createdAt: now };
        return await stores.schedules.create({ ...place, dueAt: toDueAt(body, now), body: JSON.stringify(body) });
      });
      const record = toScheduleRecord(made);
      const isSame = made.version > 1 || JSON.stringify(record.body.input) === JSON.stringify(input);
      if (!isSame) throw new FailureError(toFailure("idempotency_mismatch"));
      return showSchedule(record);
    },
    get: async (principal, id) => showSchedule(await find(principal, id)),
    async list(principal, page) {
      const { items, nextCursor } = await schedules.list({ ...toProjectFilter(principal), ...page });
      return { items: items.map((row) => showSchedule(toScheduleRecord(row))), nextCursor };
    },
    async update(caller, id, update) {
      requireChange(update);
      return showSchedule(await change(caller, id, update));
    },
    async remove({ principal, actor }, id) {
      const { row } = await find(principal, id);
      const about = { action: "schedule.deleted", target: `schedule:${id}`, projectId: row.projectId };
      await audit.record(actor, about, async (stores) =>
        requireFound((await stores.schedules.remove(id)) || undefined, "schedule"),
      );
      return { id, deleted: true };
    },
    async run({ principal, actor }, id, claim) {
      const { row, body } = await find(principal, id);
      const holder = principal.projectId === row.projectId ? principal : await parts.principalOf(row.keyId);
      if (holder === undefined) throw refuseState("The key of this schedule is not good any more.");
      const taskId = toId("task", principal.keyId, claim && `${id}\n${claim.key}`);
      const about = { action: "schedule.run", target: `schedule:${id}`, projectId: row.projectId, detail: taskId };
      const task = await audit.record(actor, about, () =>
        desk.create({ principal: holder, actor }, body.input.task, { id: taskId, scheduleId: id }),
      );
      parts.wake();
      return toTaskSummary(task);
    },
  };
  return { service, runner: createScheduleRunner(parts) };
}

function requireTimes({ readCron }: ScheduleParts, { cron, time_zone: timeZone }: ScheduleInput): CronTimes {
  const times = readCron(cron, timeZone);
  if ("field" in times) throw refuseField(times.field, times.expected);
  return times;
}
