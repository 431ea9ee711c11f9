import { GantryError } from "./gantry-error.ts";

/** A server that asks for more is taken at its word by failing at once: whoever called may wait better than a client. */
const longestWaitMs = 60_000;
const firstWaitMs = 500;
const longestBackOffMs = 8_000;

/** Milliseconds to wait for the next try; undefined where there is to be none. `attempt` counts from 0. */
export function toRetryDelay(error: GantryError, attempt: number, mayRepeat: boolean): number | undefined {
  if (!error.retryable) return undefined;
  // Where no answer came, the request may have been done.
  if (error.status === undefined && !mayRepeat) return undefined;
  const { retryAfterMs } = error;
  if (retryAfterMs !== undefined) return retryAfterMs <= longestWaitMs ? retryAfterMs : undefined;
  return toBackOff(attempt);
}

/** Half of it is chance, so that clients that failed together do not come back together. */
export function toBackOff(attempt: number): number {
  const most = Math.min(longestBackOffMs, firstWaitMs * 2 ** attempt);
  return most / 2 + Math.random() * (most / 2);
}

/** `retry-after-ms`, else `retry-after` in seconds or as a date. */
export function readRetryAfter(headers: Headers): number | undefined {
  const ms = readNumber(headers.get("retry-after-ms"));
  if (ms !== undefined) return ms;
  const text = headers.get("retry-after");
  const seconds = readNumber(text);
  if (seconds !== undefined) return seconds * 1000;
  const time = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : Math.max(0, time - Date.now());
}

/** How many calls may fail, one after another: a minute or two, in which a server starts anew. */
export const mostFailures = 12;

/** The same call again and again where it may succeed later, for what goes on beside a stream that does the same. */
export async function persist<Value>(call: () => Promise<Value>, signal: AbortSignal): Promise<Value> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof GantryError) || !error.retryable || failures >= mostFailures) throw error;
      await pause(error.retryAfterMs ?? toBackOff(failures), signal);
    }
  }
}

function readNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}

/** Rejects with `aborted` as soon as the signal says so. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  refuseAborted(signal);
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
  refuseAborted(signal);
}

export function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw toAborted(signal);
}

export function toAborted(signal: AbortSignal): GantryError {
  return new GantryError("aborted", "The call was aborted.", { cause: signal.reason });
}
