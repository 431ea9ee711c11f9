import type { SessionInput } from "@gantry/contracts/session-inputs";
import { toActor } from "../control/actor.ts";
import type { Principal } from "../access/principal.ts";
import { isUpstreamLimit } from "../upstreams/is-upstream-limit.ts";
import type { TaskParts } from "./task-parts.ts";
import type { TaskRecord } from "./task-record.ts";

/** A limit of the model's vendor that a task has met. */
export interface TaskLimit {
  /** Epoch milliseconds. */
  readonly until: number;
}

const usualHoldMs = 60_000;
const shortestHoldMs = 1_000;
/** A subscription's longest limit is a week. */
const mostHeldMs = 8 * 86_400_000;

/** The limit that a task's session has ended its turn with; undefined where it ended with anything else, or has met limits for too long. */
export async function findLimit(parts: TaskParts, { body }: TaskRecord): Promise<TaskLimit | undefined> {
  const now = parts.clock.epoch();
  if (now - (body.startedAt ?? now) > mostHeldMs) return undefined;
  const wanted = { sessionId: body.sessionId, order: "desc", limit: 1, types: ["session.error"] } as const;
  const gantry = (await parts.store.listEvents(wanted))[0]?.body["gantry"];
  if (typeof gantry !== "object" || gantry === null || !("code" in gantry)) return undefined;
  if (!isUpstreamLimit(String(gantry.code))) return undefined;
  const told = "retry_after_ms" in gantry ? Number(gantry.retry_after_ms) : usualHoldMs;
  return { until: now + Math.max(shortestHoldMs, told) };
}

/**
 * Where all tasks would meet the limit, none begins before it is over. Gives the time before which the task alone is not to begin. To be called
 * before it waits again.
 */
export async function holdQueue(parts: TaskParts, { body }: TaskRecord, { until }: TaskLimit): Promise<number> {
  const { jobs, sharesLimit } = parts;
  if (!sharesLimit(body.model)) return until;
  if ((await jobs.heldUntil("task")) < until) await jobs.hold("task", until);
  return 0;
}

/** Until when a task that waits is held; undefined where it is not. */
export async function findHold(
  { jobs, clock }: Pick<TaskParts, "jobs" | "clock">,
  { job }: TaskRecord,
): Promise<number | undefined> {
  if (job.phase !== "waiting") return undefined;
  const until = Math.max(job.notBefore, await jobs.heldUntil("task"));
  return until > clock.epoch() ? until : undefined;
}

/** Has the session of a task that was held go on; whoever takes the task over after a crash says it no second time. */
export async function goOnAfterHold(
  { sessions }: TaskParts,
  { body }: TaskRecord,
  principal: Principal,
): Promise<void> {
  if (body.holds === 0) return;
  const caller = { principal, actor: toActor(principal, null) };
  const message: SessionInput = { type: "user.message", content: [{ type: "text", text: "Go on where you stopped." }] };
  await sessions.service.send(caller, body.sessionId, [message], { key: `hold ${body.holds}`, digest: "hold" });
}
