import { setTimeout as pause } from "node:timers/promises";
import { type Books, readBooks } from "./check-books.ts";
import { openHeldStreams, untilCounts } from "./held-streams.ts";
import type { ProxyBench } from "./open-proxy-bench.ts";
import { readSharedClock } from "./upstream-notes.ts";
import { atEnd, watchMemory } from "./watch-memory.ts";

/** What is left of clients that left in the middle of their answers. */
export interface LeaverFigures {
  readonly clients: number;
  readonly leaveEveryMs: number;
  /** From a client's leaving to the end of its call at the upstream, of all that the upstream heard of. */
  readonly heardMs: readonly number[];
  /** Answers that were still under way at the upstream, and connections to it, when they were waited for no longer. */
  readonly openAtUpstream: number;
  readonly connectionsLeft: number;
  /** What both budgets still had set aside then. */
  readonly reservedMicros: number;
  /** Calls that were booked as cancelled. */
  readonly booked: number;
  /** Resident memory of Gantry's process, before after a first wave of as many. */
  readonly beforeBytes: number;
  readonly afterBytes: number;
}

/** By then the last bookings are made, and idle connections to the upstream closed. */
const longestRestMs = 60_000;

/** Only Gantry may have connections to the upstream when this begins. */
export async function measureLeavers(bench: ProxyBench): Promise<LeaverFigures> {
  const { plan, signal, contestants } = bench;
  const { pid } = contestants.gantry;
  bench.progress(`${plan.streams} clients leave: first wave`);
  await runWave(bench, "early");
  const books = await readSettledBooks(bench);
  const before = await watchMemory(pid, plan.restMs, signal);
  bench.progress(`${plan.streams} clients leave, one each ${plan.leaveEveryMs} ms`);
  const heardMs = await runWave(bench, "late");
  const settled = await readSettledBooks(bench);
  const { open, connections } = await untilCounts(bench, { open: 0, connections: 0 }, longestRestMs);
  const after = await watchMemory(pid, plan.restMs, signal);
  return {
    clients: plan.streams,
    leaveEveryMs: plan.leaveEveryMs,
    heardMs,
    openAtUpstream: open,
    connectionsLeft: connections,
    reservedMicros: settled.reservedMicros.reduce((sum, micros) => sum + micros, 0),
    booked: (settled.requests["cancelled"] ?? 0) - (books.requests["cancelled"] ?? 0),
    beforeBytes: atEnd(before),
    afterBytes: atEnd(after),
  };
}

/** Opens all streams, then lets one client leave after the other. Gives the times until the upstream heard of it. */
async function runWave(bench: ProxyBench, wave: string): Promise<readonly number[]> {
  const leftAt = new Map<string, number>();
  const heardMs: number[] = [];
  const forget = bench.upstream.onLeave(({ client, at }) => {
    const left = leftAt.get(client);
    if (left !== undefined) heardMs.push(at - left);
  });
  try {
    const streams = await openHeldStreams(bench, wave);
    const startedAt = performance.now();
    for (const [index, { client, caller, ended }] of streams.entries()) {
      ended.catch(() => {});
      leftAt.set(client, readSharedClock());
      caller.close();
      const ahead = startedAt + (index + 1) * bench.plan.leaveEveryMs - performance.now();
      if (ahead > 0) await pause(ahead);
    }
    await untilCounts(bench, { open: 0, connections: Infinity }, longestRestMs);
    return heardMs;
  } finally {
    forget();
  }
}

/** Nobody waits for what is booked after a client has left: this does. */
async function readSettledBooks({ gantry: { admin, tenant } }: ProxyBench): Promise<Books> {
  const giveUp = performance.now() + longestRestMs;
  for (;;) {
    const books = await readBooks(admin, tenant);
    if (books.reservedMicros.every((micros) => micros === 0) || performance.now() > giveUp) return books;
    await pause(50);
  }
}
