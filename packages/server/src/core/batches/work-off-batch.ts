import type { Job } from "../ports/job-queue.ts";
import { answerItem, type ItemSignals } from "./answer-item.ts";
import type { BatchParts } from "./batch-parts.ts";
import { toBatchBody, toBatchItem, toDoneItem, type BatchBody } from "./batch-record.ts";

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

  /** Somebody may have asked for the end meanwhile, which is not to be lost. */
  async function write(how: "note" | "finish" | "putBack", toStatus: (now: BatchBody) => string): Promise<void> {
    while (job !== undefined) {
      const held = { id, fence, version: job.version };
      const change = { status: toStatus(toBatchBody(job)), body: job.body, now: clock.epoch() };
      const written: Job | undefined =
        how === "putBack" ? await jobs.putBack(held, { ...change, notBefore: 0 }) : await jobs[how](held, change);
      if (written !== undefined) return void (job = written);
      const seen: Job | undefined = await jobs.get(id);
      job = seen?.fence === fence && seen.phase === "running" ? seen : undefined;
    }
  }

  await write("note", () => "running");
  onChange();
  const body = toBatchBody(claimed);
  const open = await jobs.openPlaces(id);
  let next = 0;
  let left = open.length;
  let isHeld = job !== undefined && !toBatchBody(job).cancelled;
  async function workOff(): Promise<void> {
    while (isHeld && !signals.let.aborted) {
      const place = open[next++];
      const row = place === undefined ? undefined : await jobs.readItem(id, place);
      if (row === undefined) return;
      const result = await answerItem(parts, { job: claimed, body, place: row.place, item: toBatchItem(row) }, signals);
      if (result === undefined) return;
      // Where it was not kept, another node has the batch.
      if (await jobs.keepItem({ id, fence }, row.place, toDoneItem(result))) left -= 1;
      else isHeld = false;
      onChange();
    }
  }
  await Promise.all(Array.from({ length: body.parallel }, workOff));
  if (signals.isLost()) return;
  if (left === 0) return await write("finish", () => "completed");
  const isCancelled = (now: BatchBody): boolean => now.cancelled || signals.isCancelled();
  if (job !== undefined && isCancelled(toBatchBody(job))) return await write("finish", () => "cancelled");
  await write("putBack", () => "queued");
}
