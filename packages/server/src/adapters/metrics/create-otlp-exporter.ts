import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { InstrumentSnapshot } from "./create-instrument-board.ts";
import { type OtlpTarget, postOtlp, type PostOutcome } from "./post-otlp.ts";
import { type OtlpResource, toOtlpRequest } from "./to-otlp-request.ts";

export interface OtlpExporterParts {
  readonly target: OtlpTarget;
  readonly resource: OtlpResource;
  /** From the start of one export to that of the next; one that takes longer is waited for. */
  readonly intervalMs: number;
  /** For one export, its repetitions included. */
  readonly timeoutMs: number;
  snapshot(): Promise<readonly InstrumentSnapshot[]>;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to 1. */
  readonly random: () => number;
}

export interface OtlpExporter {
  /** Exports once more, within two seconds at most, and ends. Never rejects. May be called twice. */
  stop(): Promise<void>;
}

const firstPauseMs = 500;
const lastExportMs = 2000;

/**
 * Sends the figures to an OpenTelemetry collector from time to time. A collector that is slow, wrong or gone costs a line
 * in the log and nothing else: figures are cumulative, so the next export makes up for the lost one.
 */
export function createOtlpExporter(parts: OtlpExporterParts): OtlpExporter {
  const { clock, intervalMs, timeoutMs } = parts;
  const startedAt = clock.epoch();
  const say = createProblemLog(parts.log);
  const stopping = new AbortController();
  let cancel: () => void = () => {};
  let running: Promise<void> = Promise.resolve();
  let stopped: Promise<void> | undefined;

  async function exportOnce(limitMs: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      const body = toOtlpRequest(await parts.snapshot(), parts.resource, { from: startedAt, to: clock.epoch() });
      const outcome = await postWithin(parts, JSON.stringify(body), limitMs, signal);
      // What the stop has cut off says nothing of the collector.
      if (signal?.aborted !== true) say(outcome);
    } catch (error) {
      parts.log.error({ err: error }, "the figures could not be exported");
    }
  }

  function schedule(delayMs: number): void {
    cancel = clock.after(delayMs, () => {
      const begunAt = clock.now();
      running = exportOnce(timeoutMs, stopping.signal).then(() => {
        if (stopped === undefined) schedule(Math.max(0, intervalMs - (clock.now() - begunAt)));
      });
    });
  }

  async function end(): Promise<void> {
    cancel();
    stopping.abort();
    await running;
    await exportOnce(Math.min(timeoutMs, lastExportMs), undefined);
  }

  schedule(intervalMs);
  return { stop: () => (stopped ??= end()) };
}

/** Posts, and posts again while the collector is unavailable, until the time is over. */
async function postWithin(
  { target, clock, random }: OtlpExporterParts,
  body: string,
  limitMs: number,
  stopping: AbortSignal | undefined,
): Promise<PostOutcome> {
  const expiry = new AbortController();
  const cancel = clock.after(limitMs, () => expiry.abort());
  const signal = stopping === undefined ? expiry.signal : AbortSignal.any([expiry.signal, stopping]);
  const endsAt = clock.now() + limitMs;
  try {
    for (let pauseMs = firstPauseMs; ; pauseMs *= 2) {
      const outcome = await postOtlp(target, body, signal, clock.epoch());
      if (outcome.kind !== "unavailable" || signal.aborted) return outcome;
      // Many servers may wait for the same collector: they should not all come back at once.
      const waitMs = outcome.retryAfterMs ?? pauseMs * (1 + random());
      if (clock.now() + waitMs >= endsAt) return outcome;
      await pause(waitMs, clock, signal);
      if (signal.aborted) return outcome;
    }
  } finally {
    cancel();
  }
}

function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      cancel();
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const cancel = clock.after(ms, wake);
    signal.addEventListener("abort", wake, { once: true });
  });
}

/** A collector that is away for a day is worth two lines, not thousands. */
function createProblemLog(log: Log): (outcome: PostOutcome) => void {
  let failing = false;
  return (outcome) => {
    const problem = outcome.kind === "taken" ? undefined : outcome.problem;
    if (problem !== undefined && !failing) log.warn({ problem }, "the export of the figures fails; it goes on trying");
    if (problem === undefined && failing) log.info({}, "the figures are exported again");
    failing = problem !== undefined;
  };
}
