import type { Job } from "../ports/job-queue.ts";
import { answerItem, type ItemSignals } from "./answer-item.ts";
import type { BatchParts } from "./batch-parts.ts";
import { toBatchBody, type BatchBody, type ItemResult } from "./batch-record.ts";

/**
 * Answers what is not answered yet, some items at a time, and keeps each result as it comes: whoever takes the batch over repeats
 * none that was kept. Ends when all are done, with a cancel, or with the signal, and then gives the batch back.
 */
export async function workOffBatch(
  parts: BatchParts,
  claimed: Job,
  signals: ItemSignals & { readonly isLost: () => boolean },
  onChange: () => void,
): Promise<void> {
  const { jobs, clock } = parts;
  const { id, fence } = claimed;
  let job: Job | undefined = claimed;
  let body = toBatchBody(claimed);
  const results: (ItemResult | null)[] = [...body.results];

  /** Somebody may have asked for the end meanwhile, which is not to be lost. */
  async function write(
    how: "note" | "finish" | "putBack",
    status: (now: BatchBody) => string,
  ): Promise<Job | undefined> {
    while (job !== undefined) {
      body = { ...body, results: [...results] };
      const held = { id, fence, version: job.version };
      const change = { status: status(body), body: JSON.stringify(body), now: clock.epoch() };
      const written =
        how === "putBack" ? await jobs.putBack(held, { ...change, notBefore: 0 }) : await jobs[how](held, change);
      if (written !== undefined) return (job = written);
      const seen = await jobs.get(id);
      job = seen?.fence === fence && seen.phase === "running" ? seen : undefined;
      if (job !== undefined) body = { ...body, cancelled: toBatchBody(job).cancelled };
    }
    return undefined;
  }

  let isDirty = true;
  let keeping: Promise<void> | undefined;
  /** One write at a time; what is done meanwhile goes with the next. */
  function keep(): Promise<void> {
    isDirty = true;
    return (keeping ??= (async () => {
      while (isDirty && job !== undefined) {
        isDirty = false;
        await write("note", () => "running");
        onChange();
      }
    })().finally(() => (keeping = undefined)));
  }

  await keep();
  let next = 0;
  async function workOff(): Promise<void> {
    while (!signals.let.aborted && job !== undefined && !body.cancelled && next < results.length) {
      const index = next++;
      if (results[index] !== null) continue;
      const result = await answerItem(parts, claimed, body, index, signals);
      if (result === undefined) return;
      results[index] = result;
      await keep();
    }
  }
  await Promise.all(Array.from({ length: body.input.parallel }, workOff));
  await keeping;
  if (signals.isLost()) return;
  const isWhole = results.every((result) => result !== null);
  if (isWhole || body.cancelled || signals.isCancelled()) {
    await write("finish", () => (isWhole ? "completed" : "cancelled"));
  } else await write("putBack", () => "queued");
}
