import type { Batch, BatchStatus, BatchSummary } from "@gantry/contracts/batches";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { requireScope, type Principal } from "../access/principal.ts";
import { sees, toProjectFilter } from "../access/visibility.ts";
import { createAuditRecorder } from "../control/audit-recorder.ts";
import { refuseState, requireFound } from "../control/refusals.ts";
import { toClaimedId } from "../control/to-claimed-id.ts";
import type { Page, PageRequest } from "../ports/control-store.ts";
import type { Job } from "../ports/job-queue.ts";
import type { IdempotencyClaim, SessionCaller } from "../sessions/session-service.ts";
import { createTaskWatch } from "../tasks/task-watch.ts";
import type { BatchParts } from "./batch-parts.ts";
import { showBatch, toBatchBody, toBatchSummary, type BatchBody, type BatchInput } from "./batch-record.ts";
import { createBatchRunner, type BatchRunner } from "./batch-runner.ts";

/**
 * Many prompts and tasks at once, worked off from the queue. A project sees its own; a key with the scope `admin` sees all. Rejects with a
 * `FailureError`: `not_found`, `forbidden`, `insufficient_scope`, `conflict`, `queue_full`, `idempotency_mismatch`.
 */
export interface BatchService {
  /** Queues it; committed when it resolves. The same claim again gives the same batch. */
  create(caller: SessionCaller, input: BatchInput, claim?: IdempotencyClaim): Promise<Batch>;
  get(principal: Principal, id: string): Promise<Batch>;
  /** Newest first, without their results. */
  list(principal: Principal, query: PageRequest & { readonly status?: BatchStatus }): Promise<Page<BatchSummary>>;
  /** Resolves when it is over, when `ms` are over, with the signal, or when this server stops; gives it as it is then. */
  wait(principal: Principal, id: string, ms: number, signal: AbortSignal): Promise<Batch>;
  /** Ends it: items that are done keep their results. `conflict` where all are done. */
  cancel(caller: SessionCaller, id: string): Promise<Batch>;
}

export interface Batches {
  readonly service: BatchService;
  readonly runner: BatchRunner;
}

export function createBatches(parts: BatchParts): Batches {
  const { jobs, clock, limits } = parts;
  const audit = createAuditRecorder(parts.audit);
  const watch = createTaskWatch(parts);
  const runner = createBatchRunner(parts, watch.noteChange);
  const stopping = new AbortController();

  async function find(principal: Principal, id: string): Promise<Job> {
    const job = await jobs.get(id);
    return requireFound(job?.kind === "batch" && sees(principal, job.projectId) ? job : undefined, "batch");
  }

  const show = async (job: Job): Promise<Batch> => showBatch(job, await jobs.readItems(job.id));

  async function put(
    id: string,
    by: Principal,
    project: Principal,
    body: BatchBody,
    items: readonly string[],
  ): Promise<void> {
    const { mostWaiting, mostOfProject } = limits;
    const place = { id, kind: "batch", projectId: project.projectId, keyId: by.keyId, priority: 0 } as const;
    const bounds = { projectLimit: 1_000, keyLimit: limits.runningOfKey, notBefore: 0, now: clock.epoch() };
    const job = { ...place, ...bounds, status: "queued", body: JSON.stringify(body), items };
    const answer = await jobs.enqueue(job, { mostWaiting, mostOfProject });
    if (answer === "full") {
      const message = "Too many batches wait already; try again later.";
      throw new FailureError(toFailure("queue_full", message, { retryAfterMs: 5_000 }));
    }
    if (answer !== "known") return;
    const known = await jobs.get(id);
    if (known !== undefined && toBatchBody(known).digest !== body.digest) {
      throw new FailureError(toFailure("idempotency_mismatch"));
    }
  }

  const service: BatchService = {
    async create({ principal, actor }, input, claim) {
      for (const [scope, isMeant] of [
        ["inference", input.items.some((item) => "prompt" in item)],
        ["tasks", input.items.some((item) => "task" in item)],
      ] as const) {
        const lacking = isMeant ? requireScope(principal, scope) : undefined;
        if (lacking !== undefined) throw new FailureError(lacking);
      }
      const project = await parts.chargeProject(principal, input.projectId);
      const same = claim && toClaimedId("batch", principal.keyId, claim.key, parts.digest);
      const id = same ?? parts.createId("batch");
      const { items, model, timeoutMs, parallel } = input;
      const digest = parts.digest(JSON.stringify(input));
      const body = {
        model,
        timeoutMs,
        parallel,
        total: items.length,
        digest,
        address: actor.address,
        cancelled: false,
      };
      const rows = items.map((item) => JSON.stringify(item));
      const change = { action: "batch.created", target: `batch:${id}`, projectId: project.projectId, payload: input };
      await audit.record(actor, change, () => put(id, principal, project, body, rows));
      runner.wake();
      return await show(requireFound(await jobs.get(id), "batch"));
    },
    get: async (principal, id) => await show(await find(principal, id)),
    async list(principal, { status, ...page }) {
      const filter = { ...toProjectFilter(principal), ...(status !== undefined && { status }) };
      const { items, nextCursor } = await jobs.list({ kind: "batch", ...filter, ...page });
      const sums = await jobs.sumItems(items.map(({ id }) => id));
      return { items: items.map((job) => toBatchSummary(job, sums)), nextCursor };
    },
    async wait(principal, id, ms, signal) {
      const either = AbortSignal.any([signal, stopping.signal]);
      const end = clock.now() + ms;
      for (;;) {
        const job = await find(principal, id);
        const left = end - clock.now();
        if (job.phase === "done" || left <= 0 || either.aborted) return await show(job);
        await watch.changed(id, left, either);
      }
    },
    async cancel({ principal, actor }, id) {
      const { projectId } = await find(principal, id);
      const change = { action: "batch.cancelled", target: `batch:${id}`, projectId };
      await audit.record(actor, change, async () => {
        for (;;) {
          const job = await find(principal, id);
          if (job.status === "completed") throw refuseState("The batch has ended already: completed.");
          const body = toBatchBody(job);
          if (job.phase === "done" || body.cancelled) return;
          const next = { body: JSON.stringify({ ...body, cancelled: true }), now: clock.epoch() };
          const isWaiting = job.phase === "waiting";
          const ended = isWaiting ? ({ status: "cancelled", phase: "done" } as const) : { status: job.status };
          if ((await jobs.amend(id, job.version, { ...next, ...ended })) !== undefined) return;
        }
      });
      runner.cancel(id);
      watch.noteChange(id);
      return await show(await find(principal, id));
    },
  };
  return {
    service,
    runner: {
      ...runner,
      async stop() {
        stopping.abort();
        await runner.stop();
      },
    },
  };
}
