import { toActor } from "../control/actor.ts";
import type { Job } from "../ports/job-queue.ts";
import { isOver } from "./task-machine.ts";
import type { TaskParts } from "./task-parts.ts";
import { toTaskRecord } from "./task-record.ts";
import { workOffTask } from "./work-off-task.ts";
import { createTaskTeller } from "./task-news.ts";
import { createLeasesOver } from "../upkeep/create-leases-over.ts";
import { createRepeats } from "../upkeep/create-repeats.ts";

/** Works off what is queued, some at a time. */
export interface TaskRunner {
  start(): void;
  /** There may be something to do. */
  wake(): void;
  /** A task is to end, if it runs here. */
  cancel(id: string): void;
  /** There may be something to tell outside. */
  tell(): void;
  readonly running: number;
  /** Lets go of what runs: it goes on where it was. May be called twice. */
  stop(): Promise<void>;
}

interface ActiveTask {
  readonly let: AbortController;
  readonly cancelled: PromiseWithResolvers<void>;
  readonly done: Promise<void>;
  /** For a person: its process is gone, and others may run. */
  waits: boolean;
}

const keptMs = 30 * 86_400_000;
const forgetEveryMs = 3_600_000;
const mostUntidy = 200;

export function createTaskRunner(parts: TaskParts, onChange: (id: string) => void): TaskRunner {
  const { jobs, clock, log, nodeId, limits } = parts;
  const active = new Map<string, ActiveTask>();
  const leaving = new Set<Promise<void>>();
  const repeats = createRepeats(parts, "tasks");
  const teller = createTaskTeller(parts);
  const leasesOver = createLeasesOver(parts, limits.leaseMs);
  let isStarted = false;
  let isStopped = false;
  let isFirst = true;
  let looking: Promise<void> | undefined;
  let again = false;
  let forgetAt = 0;

  /** One look at a time; what is asked for meanwhile is looked at once more. */
  function wake(): void {
    if (!isStarted || isStopped) return;
    again = true;
    looking ??= look().finally(() => {
      looking = undefined;
      if (again) wake();
    });
  }

  async function look(): Promise<void> {
    again = false;
    const limit = limits.workers - [...active.values()].filter(({ waits }) => !waits).length;
    if (limit <= 0) return;
    const now = clock.epoch();
    const claim = { nodeId, now, leasesOver: leasesOver(), leaseUntil: now + limits.leaseMs, limit };
    try {
      // Its owner may have started it with another credential: the first to meet a limit holds the others again.
      if (isFirst && !parts.shared) await jobs.hold("task", 0);
      isFirst = false;
      const claimed = await jobs.claim({ kind: "task", ...claim });
      for (const job of claimed) begin(job);
    } catch (error) {
      log.warn({ err: error }, "tasks could not be claimed; it is tried again");
    }
  }

  function begin(job: Job): void {
    const { id } = job;
    const control = { let: new AbortController(), cancelled: Promise.withResolvers<void>() };
    // A task that came back before this node has noticed that it had lost it.
    active.get(id)?.let.abort();
    const record = toTaskRecord(job);
    const onWait = (waits: boolean): void => {
      task.waits = waits;
      onChange(id);
      if (waits) wake();
    };
    const cancelled = control.cancelled.promise;
    const done = workOffTask(parts, record, { let: control.let.signal, cancelled, onWait, onNews: teller.wake })
      .then((hasEnded) => {
        if (hasEnded) leave(tidyUp(id));
        else if (isStopped) leave(putBack(job));
      })
      .catch((error: unknown) => {
        // Its lease runs out, and it is claimed again.
        log.error({ err: error, task: id }, "the work on a task broke off");
      })
      .finally(() => {
        if (active.get(id) === task) active.delete(id);
        onChange(id);
        wake();
      });
    const task: ActiveTask = { ...control, done, waits: false };
    active.set(id, task);
    onChange(id);
  }

  function leave(work: Promise<void>): void {
    const noted = work.catch((error: unknown) => log.warn({ err: error }, "what a task leaves could not be seen to"));
    leaving.add(noted);
    void noted.finally(() => leaving.delete(noted));
  }

  /** The process goes, and with it what it began; then the folder, whose artifacts are kept. */
  async function tidyUp(id: string): Promise<void> {
    const job = await jobs.get(id);
    if (job === undefined) return;
    const { status, body } = toTaskRecord(job);
    await parts.sessions.runner.giveBack(body.sessionId);
    const principal = await parts.principalOf(job.keyId);
    // One that has cost too much may go on.
    if (!isOver(status) || status === "cost_exceeded" || principal === undefined) return;
    if ((await parts.store.find(body.sessionId))?.archivedAt !== null) return;
    await parts.sessions.service.archive({ principal, actor: toActor(principal, null) }, body.sessionId);
  }

  /** So that the next start need not wait for the lease. */
  async function putBack({ id, fence }: Job): Promise<void> {
    const job = await jobs.get(id);
    if (job === undefined) return;
    const { status, body } = job;
    const now = clock.epoch();
    await jobs.putBack(
      { id, fence },
      { status: isOver(toTaskRecord(job).status) ? status : "queued", body, notBefore: 0, now },
    );
  }

  async function renew(): Promise<void> {
    const ids = [...active.keys()];
    const kept = new Set(await jobs.renew(nodeId, ids, clock.epoch() + limits.leaseMs));
    for (const id of ids) {
      if (kept.has(id)) continue;
      active.get(id)?.let.abort();
    }
    // Asked for on another node.
    for (const id of kept) {
      const job = await jobs.get(id);
      if (job !== undefined && toTaskRecord(job).body.cancelled) active.get(id)?.cancelled.resolve();
    }
  }

  async function sweep(): Promise<void> {
    wake();
    const now = clock.epoch();
    if (now < forgetAt) return;
    forgetAt = now + forgetEveryMs;
    await jobs.forget(now - keptMs);
    // Those that were over when a server was killed.
    const { items } = await jobs.list({ kind: "task", limit: mostUntidy });
    for (const { id, phase } of items) if (phase === "done") await tidyUp(id);
  }

  return {
    start() {
      isStarted = true;
      repeats.add("the renewal of leases", limits.leaseMs / 6, renew);
      repeats.add("the search for what is due", limits.sweepMs, sweep);
      teller.start();
      wake();
    },
    wake,
    cancel: (id) => active.get(id)?.cancelled.resolve(),
    tell: teller.wake,
    get running() {
      return active.size;
    },
    async stop() {
      isStopped = true;
      repeats.stop();
      await looking;
      const ending = [...active.values()];
      for (const task of ending) task.let.abort();
      await Promise.all(ending.map(({ done }) => done));
      await Promise.all(leaving);
      await teller.stop();
    },
  };
}
