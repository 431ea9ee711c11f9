import type { Job } from "../ports/job-queue.ts";
import type { BatchParts } from "./batch-parts.ts";
import { toBatchBody } from "./batch-record.ts";
import { workOffBatch } from "./work-off-batch.ts";
import { createLeasesOver } from "../upkeep/create-leases-over.ts";
import { createRepeats } from "../upkeep/create-repeats.ts";

/** Works off the batches that are queued, some at a time. */
export interface BatchRunner {
  start(): void;
  /** There may be something to do. */
  wake(): void;
  /** A batch is to end, if it runs here. */
  cancel(id: string): void;
  /** Gives back what runs: it goes on where it was. May be called twice. */
  stop(): Promise<void>;
}

interface ActiveBatch {
  readonly let: AbortController;
  readonly done: Promise<void>;
  why: "cancelled" | "lost" | undefined;
}

export function createBatchRunner(parts: BatchParts, onChange: (id: string) => void): BatchRunner {
  const { jobs, clock, log, nodeId, limits } = parts;
  const active = new Map<string, ActiveBatch>();
  const repeats = createRepeats(parts, "batches");
  const leasesOver = createLeasesOver(parts, limits.leaseMs);
  let isStarted = false;
  let isStopped = false;
  let looking: Promise<void> | undefined;
  let again = false;

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
    const limit = limits.running - active.size;
    if (limit <= 0) return;
    const now = clock.epoch();
    const claim = { nodeId, now, leasesOver: leasesOver(), leaseUntil: now + limits.leaseMs, limit };
    try {
      const claimed = await jobs.claim({ kind: "batch", ...claim });
      for (const job of claimed) begin(job);
    } catch (error) {
      log.warn({ err: error }, "batches could not be claimed; it is tried again");
    }
  }

  function begin(job: Job): void {
    const { id } = job;
    // One that came back before this node has noticed that it had lost it.
    end(id, "lost");
    const controller = new AbortController();
    const signals = {
      let: controller.signal,
      isCancelled: () => batch.why === "cancelled",
      isLost: () => batch.why === "lost",
    };
    // In a turn of its own, when the batch is known.
    const done = Promise.resolve()
      .then(() => workOffBatch(parts, job, signals, () => onChange(id)))
      // Its lease runs out, and it is claimed again.
      .catch((error: unknown) => log.error({ err: error, batch: id }, "the work on a batch broke off"))
      .finally(() => {
        // Where it broke off, its other items stop too.
        controller.abort();
        if (active.get(id) === batch) active.delete(id);
        onChange(id);
        wake();
      });
    const batch: ActiveBatch = { let: controller, done, why: undefined };
    active.set(id, batch);
  }

  function end(id: string, why: "cancelled" | "lost"): void {
    const batch = active.get(id);
    if (batch === undefined) return;
    batch.why ??= why;
    batch.let.abort();
  }

  async function renew(): Promise<void> {
    const ids = [...active.keys()];
    if (ids.length === 0) return;
    const kept = new Set(await jobs.renew(nodeId, ids, clock.epoch() + limits.leaseMs));
    for (const id of ids) {
      const job = kept.has(id) ? await jobs.get(id) : undefined;
      if (job === undefined) end(id, "lost");
      // Asked for on another node.
      else if (toBatchBody(job).cancelled) end(id, "cancelled");
    }
  }

  return {
    start() {
      isStarted = true;
      repeats.add("the renewal of leases", limits.leaseMs / 6, renew);
      repeats.add("the search for what is due", limits.sweepMs, async () => wake());
      wake();
    },
    wake,
    cancel: (id) => end(id, "cancelled"),
    async stop() {
      isStopped = true;
      repeats.stop();
      await looking;
      const ending = [...active.values()];
      for (const batch of ending) batch.let.abort();
      await Promise.all(ending.map(({ done }) => done));
    },
  };
}
