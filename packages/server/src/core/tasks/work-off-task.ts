import { toActor } from "../control/actor.ts";
import { FailureError } from "@gantry/contracts/errors";
import type { Principal } from "../access/principal.ts";
import type { JobChange } from "../ports/job-queue.ts";
import type { SessionRecord } from "../ports/session-store.ts";
import { followSession } from "./follow-session.ts";
import { findLimit, goOnAfterHold, holdQueue } from "./hold-task.ts";
import { askForOutput, judgeOutput, type OutputVerdict } from "./judge-output.ts";
import { judgeSession } from "./judge-session.ts";
import { findTaskSession } from "./make-task-session.ts";
import { listTaskArtifacts } from "./show-task.ts";
import { addNews } from "./task-news.ts";
import { stepTask, type TaskStep } from "./task-machine.ts";
import type { TaskParts } from "./task-parts.ts";
import { toTaskRecord, type TaskBody, type TaskRecord } from "./task-record.ts";

/** By which a task is told from outside. */
export interface TaskControl {
  /** Aborted where this node does not hold the task any more, or lets go of it. */
  readonly let: AbortSignal;
  /** Resolves when somebody wants it to end. */
  readonly cancelled: Promise<void>;
  /** Told when it begins to wait for a person, and when it goes on. */
  onWait(waits: boolean): void;
  /** Told when there is something to tell outside. */
  onNews(): void;
}

/** How long an interrupted session is waited for. */
const restMs = 15_000;

/** Works a claimed task off: true where it has ended or waits for a limit to pass, false where it was let go of and is somebody else's. */
export async function workOffTask(parts: TaskParts, claimed: TaskRecord, control: TaskControl): Promise<boolean> {
  let current = claimed;
  const change = async (
    step: TaskStep,
    more: Partial<TaskBody>,
    write: (change: JobChange) => Promise<TaskRecord["job"] | undefined>,
  ): Promise<boolean> => {
    const status = stepTask(current.status, step);
    if (status === undefined) return false;
    const body = { ...current.body, ...more };
    const now = parts.clock.epoch();
    const news = addNews(current, step, now);
    const job = await write({ status, body: JSON.stringify(body), now, ...(news !== undefined && { news }) });
    if (job !== undefined) current = toTaskRecord(job);
    if (news !== undefined) control.onNews();
    return job !== undefined;
  };
  const held = { id: claimed.job.id, fence: claimed.job.fence };
  const note = (step: TaskStep, more: Partial<TaskBody> = {}) => change(step, more, (to) => parts.jobs.note(held, to));
  const finish = (step: TaskStep, more: Partial<TaskBody>) =>
    change(step, { endedAt: parts.clock.epoch(), ...more }, (to) => parts.jobs.finish(held, to));

  const principal = await parts.principalOf(claimed.job.keyId);
  if (principal === undefined) return await finish("fail", { error: "The key of this task is not good any more." });
  try {
    if (claimed.body.cancelled) return await finish("cancel", {});
    const begun = claimed.body.startedAt ?? parts.clock.epoch();
    await findTaskSession(parts, claimed, principal);
    await goOnAfterHold(parts, claimed, principal);
    // Whoever is told that it runs finds its session.
    if (!(await note("begin", { startedAt: begun }))) return false;
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    return await finish("fail", { error: error.failure.message });
  }
  const follow = () => watch(parts, current, principal, control, note);
  let end = await follow();
  let given = await judgeEnd(parts, current, end);
  if (end !== undefined && given?.misfits !== undefined && current.body.askedAgain !== true) {
    // Noted first: whoever takes the task over does not ask a third time.
    if (!(await note("goOn", { askedAgain: true, workedMs: end.workedMs }))) return false;
    if (await askForOutput(parts, current.body, principal, given.misfits)) {
      end = await follow();
      given = await judgeEnd(parts, current, end);
    }
  }
  if (end === undefined) return false;
  const { workedMs, record } = end;
  let ended = end.step;
  const limit = ended === "fail" ? await findLimit(parts, current) : undefined;
  if (limit !== undefined) {
    const notBefore = await holdQueue(parts, current, limit);
    // Nobody sees to it while it waits: a cancel that comes now must not be written over.
    for (;;) {
      const job = await parts.jobs.get(held.id);
      if (job?.fence !== held.fence) return false;
      current = toTaskRecord(job);
      if (current.body.cancelled) break;
      const at = { ...held, version: job.version };
      const more = { workedMs, holds: current.body.holds + 1 };
      if (await change("hold", more, (to) => parts.jobs.putBack(at, { ...to, notBefore }))) return true;
    }
    ended = "cancel";
  }
  const step = given?.error === undefined ? ended : "fail";
  // Of a turn that was ended, what it made is kept when its process is gone; and a task is over when that is kept.
  if (step !== "complete") await parts.sessions.runner.giveBack(current.body.sessionId);
  await listTaskArtifacts(parts, principal, current);
  const { error, object } = given ?? {};
  const result = await readResult(parts, ended, current, record);
  const text = result.output === "" && object !== undefined ? { output: JSON.stringify(object) } : {};
  const told = { ...text, ...(error !== undefined && { error }), ...(object !== undefined && { object }) };
  return await finish(step, { workedMs, ...result, ...told });
}

async function judgeEnd(
  parts: TaskParts,
  { body }: TaskRecord,
  end: TaskEnd | undefined,
): Promise<OutputVerdict | undefined> {
  return end?.step === "complete" ? await judgeOutput(parts, body) : undefined;
}

interface TaskEnd {
  readonly step: TaskStep;
  readonly workedMs: number;
  readonly record: SessionRecord | undefined;
}

/** Follows the session to its end; interrupts it when the task's time is over or somebody wants it to end. */
async function watch(
  parts: TaskParts,
  { body }: TaskRecord,
  principal: Principal,
  control: TaskControl,
  note: (step: TaskStep, more: Partial<TaskBody>) => Promise<boolean>,
): Promise<TaskEnd | undefined> {
  const { clock, log } = parts;
  const left = new AbortController();
  const follow = AbortSignal.any([control.let, left.signal]);
  let ending: "timeOut" | "cancel" | undefined;
  let workedMs = body.workedMs;
  let since: number | undefined;
  let cancelTimer: () => void = () => {};
  let cancelRest: () => void = () => {};
  let asked = false;
  const stopClock = (): void => {
    cancelTimer();
    if (since !== undefined) workedMs += clock.now() - since;
    since = undefined;
  };
  const startClock = (): void => {
    if (since !== undefined || ending !== undefined) return;
    since = clock.now();
    cancelTimer = clock.after(Math.max(0, body.input.timeout * 1000 - workedMs), () => interrupt("timeOut"));
  };
  function interrupt(why: "timeOut" | "cancel"): void {
    if (ending !== undefined || follow.aborted) return;
    ending = why;
    stopClock();
    cancelRest = clock.after(restMs, () => left.abort());
    const caller = { principal, actor: toActor(principal, null) };
    parts.sessions.service.send(caller, body.sessionId, [{ type: "user.interrupt" }]).catch((error: unknown) => {
      // It may have come to rest by itself.
      if (!(error instanceof FailureError)) log.warn({ err: error }, "the session of a task could not be interrupted");
      left.abort();
    });
  }
  void control.cancelled.then(() => interrupt("cancel"));
  let record: SessionRecord | undefined;
  try {
    startClock();
    for await (const seen of followSession(parts, body.sessionId, follow)) {
      record = seen;
      const verdict = judgeSession(seen);
      if (verdict.kind === "ended") {
        stopClock();
        return { step: ending ?? verdict.step, workedMs, record };
      }
      if (verdict.asks === asked || ending !== undefined) continue;
      asked = verdict.asks;
      control.onWait(asked);
      if (asked) stopClock();
      else startClock();
      if (!(await note(asked ? "ask" : "goOn", { workedMs: Math.round(workedMs) }))) return undefined;
    }
  } finally {
    stopClock();
    cancelRest();
    workedMs = Math.round(workedMs);
  }
  if (control.let.aborted) return undefined;
  if (ending !== undefined) return { step: ending, workedMs, record };
  // Gone, or this server lets go of its sessions.
  return (await parts.store.find(body.sessionId)) === undefined
    ? { step: "fail", workedMs, record: undefined }
    : undefined;
}

async function readResult(
  { store }: TaskParts,
  step: TaskStep,
  { body }: TaskRecord,
  record: SessionRecord | undefined,
): Promise<Pick<TaskBody, "output" | "error">> {
  const id = body.sessionId;
  const read = async (type: "agent.message" | "session.error") =>
    (await store.listEvents({ sessionId: id, order: "desc", limit: 1, types: [type] }))[0]?.body;
  const said = (await read("agent.message"))?.["content"];
  const output = Array.isArray(said) ? said.map((part: { text?: unknown }) => String(part.text ?? "")).join("") : null;
  if (step === "complete") return { output: output ?? "", error: null };
  if (step === "timeOut") return { output, error: `The task took longer than its ${body.input.timeout} seconds.` };
  if (step === "cancel") return { output, error: "The task was cancelled." };
  if (step === "spend")
    return {
      output,
      error: `The task has cost its ${body.input.max_cost} dollars; raise \`max_cost\` and it goes on.`,
    };
  const failure = (await read("session.error"))?.["error"];
  const told =
    typeof failure === "object" && failure !== null && "message" in failure ? String(failure.message) : undefined;
  return {
    output,
    error: told ?? (record === undefined ? "The session of this task was deleted." : "The agent failed."),
  };
}
