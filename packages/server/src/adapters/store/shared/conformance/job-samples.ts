import assert from "node:assert/strict";
import type { Job, JobClaim, JobQueue, NewJob } from "../../../../core/ports/job-queue.ts";
import { minuteMs, noon } from "./samples.ts";

export const bounds = { mostWaiting: 10_000, mostOfProject: 10_000 };

export function sampleJob(id: string, changes: Partial<NewJob> = {}): NewJob {
  return {
    id,
    kind: "task",
    projectId: "prj_a",
    keyId: "key_a",
    priority: 0,
    now: noon,
    notBefore: 0,
    projectLimit: 100,
    keyLimit: 100,
    status: "queued",
    body: `{"id":"${id}"}`,
    ...changes,
  };
}

export async function enqueue(jobs: JobQueue, ...given: readonly NewJob[]): Promise<void> {
  for (const job of given) assert.equal(await jobs.enqueue(job, bounds), "queued");
}

export const claimSome = (jobs: JobQueue, limit: number, changes: Partial<JobClaim> = {}): Promise<readonly Job[]> =>
  jobs.claim({ kind: "task", nodeId: "node_a", now: noon, leaseUntil: noon + minuteMs, limit, ...changes });
export const claimIds = async (jobs: JobQueue, limit: number, changes: Partial<JobClaim> = {}) =>
  (await claimSome(jobs, limit, changes)).map(({ id }) => id).toSorted();
export const toChange = (status: string, body = "{}") => ({ status, body, now: noon + 5 });
export async function claimOne(jobs: JobQueue, changes: Partial<JobClaim> = {}): Promise<Job> {
  const [job] = await claimSome(jobs, 1, changes);
  assert.ok(job !== undefined);
  return job;
}
