import type { Soak } from "./soak.ts";

/** Runs a job for 0, 1, … side by side, until all are done or the time is over. Gives how many were done. */
export async function runMany(
  soak: Soak,
  what: string,
  { total, workers }: { readonly total: number; readonly workers: number },
  job: (item: number, worker: number) => Promise<void>,
): Promise<number> {
  let begun = 0;
  let done = 0;
  const step = Math.max(1, Math.floor(total / 10));
  async function work(worker: number): Promise<void> {
    while (begun < total && performance.now() < soak.endsAt) {
      soak.signal.throwIfAborted();
      const item = begun;
      begun += 1;
      await job(item, worker);
      done += 1;
      if (done % step === 0) soak.progress(`${what}: ${done} of ${total}`);
    }
  }
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  return done;
}
