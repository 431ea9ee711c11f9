import { quantile } from "../measure/quantiles.ts";

/** What callers got done at the same time. */
export interface Block {
  readonly runs: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface CallersPlan {
  readonly callers: number;
  readonly ms: number;
  readonly signal: AbortSignal;
}

/**
 * Lets callers work side by side, each beginning anew when it is done, and waits for all of them to end. `run`
 * resolves with how many milliseconds are to be noted. Rejects with the first failure.
 */
export async function runCallers({ callers, ms, signal }: CallersPlan, run: () => Promise<number>): Promise<Block> {
  const noted: number[] = [];
  const begun = performance.now();
  let going = true;

  async function work(): Promise<void> {
    try {
      while (going && performance.now() - begun < ms) {
        signal.throwIfAborted();
        noted.push(await run());
      }
    } catch (error) {
      going = false;
      throw error;
    }
  }

  const ends = await Promise.allSettled(Array.from({ length: callers }, work));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  const seconds = (performance.now() - begun) / 1000;
  return { runs: noted.length, seconds, p50Ms: quantile(noted, 0.5), p95Ms: quantile(noted, 0.95) };
}

/** Milliseconds that the work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
