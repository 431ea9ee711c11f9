import { setTimeout as pause } from "node:timers/promises";
import { toHeldBody } from "./loads.ts";
import { openCaller, toRequest, type Caller } from "./open-caller.ts";
import type { ProxyBench } from "./open-proxy-bench.ts";
import { heldOpening } from "./scripted-answers.ts";
import type { UpstreamCounts } from "./upstream-notes.ts";

/** A client with a stream that has begun and does not end by itself. */
export interface HeldStream {
  /** Names it to the upstream too. */
  readonly client: string;
  readonly caller: Caller;
  /** Resolves when the answer is whole; rejects where it was cut. */
  readonly ended: Promise<unknown>;
}

/** Streams are opened in groups: a client that waits for its turn in the system's queue of connections tells nothing. */
const openedAtOnce = 50;

/** Opens streams through Gantry, and waits until each client has had its first bytes. */
export async function openHeldStreams(bench: ProxyBench, wave: string): Promise<readonly HeldStream[]> {
  const streams: HeldStream[] = [];
  try {
    while (streams.length < bench.plan.streams) {
      bench.signal.throwIfAborted();
      const count = Math.min(openedAtOnce, bench.plan.streams - streams.length);
      const clients = Array.from({ length: count }, (_, index) => `${wave}-${streams.length + index}`);
      streams.push(...(await Promise.all(clients.map((client) => openHeldStream(bench, client)))));
    }
    return streams;
  } catch (error) {
    for (const { caller } of streams) caller.close();
    throw error;
  }
}

async function openHeldStream({ contestants }: ProxyBench, client: string): Promise<HeldStream> {
  const caller = await openCaller(contestants.gantry);
  const { promise: begun, resolve, reject } = Promise.withResolvers<void>();
  const request = toRequest(contestants.gantry, toHeldBody(client));
  const ended = caller.call(request, { begins: heldOpening, onFirstByte: resolve });
  // Whoever waits for the end hears of it as well.
  ended.catch(reject);
  await begun;
  return { client, caller, ended };
}

/** Waits until the upstream has so many answers under way and so many connections at most. Gives the last counts. */
export async function untilCounts(
  { upstream, signal }: ProxyBench,
  wanted: { readonly open: number; readonly connections: number },
  withinMs: number,
): Promise<UpstreamCounts> {
  const giveUp = performance.now() + withinMs;
  for (;;) {
    signal.throwIfAborted();
    const counts = await upstream.count();
    const isThere = counts.open === wanted.open && counts.connections <= wanted.connections;
    if (isThere || performance.now() > giveUp) return counts;
    await pause(20);
  }
}
