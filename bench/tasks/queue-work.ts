import type { Page } from "../../packages/server/src/core/ports/control-store.ts";
import type { Job } from "../../packages/server/src/core/ports/job-queue.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import type { BenchClock } from "../store/bench-clock.ts";

/** A queue with jobs in it, and workers' whole way through it. */
export interface QueueWork {
  readonly kind: Store["kind"];
  /** Makes so many jobs wait, besides those that the work itself brings. */
  fill(waiting: number): Promise<void>;
  /** Hands one job over, takes one and ends it, as three durable commits. Rejects where a job comes twice, or none comes. */
  work(): Promise<void>;
  /** Compares the queue with what was done, when nothing is under way. Rejects where they differ. */
  check(): Promise<void>;
}

const projects = 10;
const bounds = { mostWaiting: 1_000_000, mostOfProject: 1_000_000 };
const leaseMs = 30_000;
/** As long as a task's own, about. */
const body = JSON.stringify({ description: "x".repeat(1_000) });

export function createQueueWork({ kind, jobs }: Store, clock: BenchClock): QueueWork {
  const taken = new Set<string>();
  let handedOver = 0;
  let waiting = 0;

  async function enqueue(): Promise<void> {
    handedOver += 1;
    const project = handedOver % projects;
    const now = clock.epoch();
    const outcome = await jobs.enqueue(
      {
        // As long as the server's own.
        id: `task_${String(handedOver).padStart(32, "0")}`,
        kind: "task",
        projectId: `prj_${project}`,
        keyId: `key_${project}`,
        priority: 0,
        now,
        notBefore: now,
        projectLimit: 100,
        keyLimit: 100,
        status: "queued",
        body,
      },
      bounds,
    );
    if (outcome !== "queued") throw new Error(`${kind}: a new job was answered with "${outcome}"`);
  }

  return {
    kind,
    async fill(wanted) {
      for (; waiting < wanted; waiting += 1) await enqueue();
    },
    async work() {
      await enqueue();
      const now = clock.epoch();
      // One is there for each that takes: whoever took before has brought one too.
      const [job] = await jobs.claim({ kind: "task", nodeId: "node_bench", now, leaseUntil: now + leaseMs, limit: 1 });
      if (job === undefined) throw new Error(`${kind}: no job came, though one waits`);
      if (taken.has(job.id)) throw new Error(`${kind}: ${job.id} came twice`);
      taken.add(job.id);
      const ended = await jobs.finish(
        { id: job.id, fence: job.fence },
        { status: "completed", body, now: clock.epoch() },
      );
      if (ended === undefined) throw new Error(`${kind}: ${job.id} was lost before its end`);
    },
    async check() {
      let left = 0;
      let cursor: string | null = null;
      do {
        const page: Page<Job> = await jobs.list({
          kind: "task",
          status: "queued",
          limit: 1_000,
          ...(cursor !== null && { cursor }),
        });
        left += page.items.length;
        cursor = page.nextCursor;
      } while (cursor !== null);
      if (left !== waiting) throw new Error(`${kind}: ${left} jobs wait, expected ${waiting}`);
      if (taken.size + left !== handedOver) throw new Error(`${kind}: ${handedOver - taken.size - left} jobs are gone`);
    },
  };
}
