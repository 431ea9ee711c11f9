import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { openSqliteStore } from "../../packages/server/src/adapters/store/sqlite/open-sqlite-store.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import type { SessionStore } from "../../packages/server/src/core/ports/session-store.ts";
import { createSessionHub, type SessionHub } from "../../packages/server/src/core/sessions/session-hub.ts";
import { quantile } from "../measure/quantiles.ts";
import { createLogWriter } from "./log-writer.ts";
import type { SessionsPlan } from "./plan.ts";
import { runLive, type LiveFigures } from "./run-live.ts";

export interface LatencyStage {
  readonly readers: number;
  readonly rounds: readonly { readonly p50Ms: number; readonly p99Ms: number; readonly lost: number }[];
}

/** Everything that was measured. */
export interface SessionsFigures {
  /** Durable appends per second, round by round. */
  readonly appends: readonly number[];
  readonly latency: readonly LatencyStage[];
  readonly bytesPerSession: number;
  readonly bytesPerReader: number;
  readonly live: LiveFigures;
  readonly seconds: number;
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * Appends, readers and memory on the embedded store, with readers in the server's own process, as event streams are behind their sockets; then
 * turns on a whole server.
 */
export async function runSessions(
  plan: SessionsPlan,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<SessionsFigures> {
  const begun = performance.now();
  const directory = await mkdtemp(join(tmpdir(), "gantry-bench-"));
  const store = await openSqliteStore({ directory, clock: systemClock, onFailure: () => {} });
  const limits = { frames: 10_000, characters: 10_000_000 };
  const hub = createSessionHub({ store: store.sessions, clock: systemClock, log: silent, limits, pollMs: 100 });
  try {
    const appends: number[] = [];
    const latency = plan.readers.map((readers) => ({ readers, rounds: [] as LatencyStage["rounds"][number][] }));
    for (let round = 0; round < plan.rounds; round++) {
      signal.throwIfAborted();
      progress(`round ${round + 1} of ${plan.rounds}`);
      appends.push(await countAppends(store.sessions, plan, round));
      for (const stage of latency) {
        stage.rounds.push(await measureLatency(store.sessions, hub, plan, stage.readers, round));
      }
    }
    const { bytesPerSession, bytesPerReader } = await measureMemory(store.sessions, hub, plan.idle);
    const live = await runLive(plan, signal, progress);
    const seconds = (performance.now() - begun) / 1000;
    return { appends, latency, bytesPerSession, bytesPerReader, live, seconds };
  } finally {
    hub.stop();
    await store.close();
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

async function countAppends(sessions: SessionStore, plan: SessionsPlan, round: number): Promise<number> {
  const writers = await Promise.all(
    Array.from({ length: plan.writers }, (_, index) =>
      createLogWriter(sessions, undefined, `sesn_append_${round}_${index}`),
    ),
  );
  const start = performance.now();
  let count = 0;
  await Promise.all(
    writers.map(async ({ append }) => {
      while (performance.now() - start < plan.appendMs) {
        await append();
        count += 1;
      }
    }),
  );
  return count / ((performance.now() - start) / 1000);
}

async function measureLatency(
  sessions: SessionStore,
  hub: SessionHub,
  plan: SessionsPlan,
  readers: number,
  round: number,
): Promise<LatencyStage["rounds"][number]> {
  const writer = await createLogWriter(sessions, hub, `sesn_latency_${round}_${readers}`);
  const begun: number[] = [];
  const delays: number[] = [];
  const ends = new AbortController();
  const read = async (): Promise<number> => {
    const frames = await hub.subscribe(writer.id, async () => 0, { after: 0, previews: [] }, { signal: ends.signal });
    let seen = 0;
    for await (const frame of frames) {
      if (frame.type !== "event") continue;
      delays.push(performance.now() - (begun[frame.sequence - 1] ?? Number.NaN));
      assert.equal(frame.sequence, (seen += 1));
      if (seen === plan.events) break;
    }
    return seen;
  };
  const reading = Promise.all(Array.from({ length: readers }, read));
  for (let index = 0; index < plan.events; index++) {
    begun.push(performance.now());
    await writer.append();
  }
  const seen = await reading;
  ends.abort();
  const lost = seen.reduce((sum, count) => sum + plan.events - count, 0);
  return { p50Ms: quantile(delays, 0.5), p99Ms: quantile(delays, 0.99), lost };
}

/** Heap alone: what the store has of them lies on the disk. */
async function measureMemory(sessions: SessionStore, hub: SessionHub, count: number) {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const heap = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = heap();
  const writers = await Promise.all(
    Array.from({ length: count }, (_, index) => createLogWriter(sessions, undefined, `sesn_idle_${index}`)),
  );
  const idle = heap();
  const ends = new AbortController();
  const waiting: Promise<unknown>[] = [];
  for (const { id } of writers) {
    const frames = await hub.subscribe(id, async () => 0, { previews: [] }, { signal: ends.signal });
    const reader = frames[Symbol.asyncIterator]();
    await reader.next();
    waiting.push(reader.next());
  }
  const after = heap();
  ends.abort();
  await Promise.all(waiting);
  return { bytesPerSession: Math.max(0, idle - before) / count, bytesPerReader: Math.max(0, after - idle) / count };
}
