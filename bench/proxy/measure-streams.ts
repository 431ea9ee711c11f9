import { checkBooks, readBooks } from "./check-books.ts";
import { openHeldStreams, untilCounts } from "./held-streams.ts";
import { answerMicros, type ProxyBench } from "./open-proxy-bench.ts";
import { atBeginning, atEnd, watchMemory } from "./watch-memory.ts";

/** Memory of Gantry's process around many streams that are open at one time, in bytes. */
export interface StreamFigures {
  readonly streams: number;
  readonly holdMs: number;
  /** Before any stream was opened. */
  readonly startBytes: number;
  /** After a first wave of as many, which is not counted: code and buffers are there then. */
  readonly beforeBytes: number;
  /** When the last stream had its first bytes. */
  readonly openedBytes: number;
  /** At the end of the hold. */
  readonly heldBytes: number;
  /** When all had ended and the memory had come to rest. */
  readonly afterBytes: number;
}

/**
 * Holds streams open, with a piece of the answer for each every second, then ends them. Rejects where a stream is cut or
 * one is not booked as it should be.
 */
export async function measureStreams(bench: ProxyBench): Promise<StreamFigures> {
  const { plan, gantry, signal, contestants } = bench;
  const { pid } = contestants.gantry;
  const books = await readBooks(gantry.admin, gantry.tenant);
  const start = await watchMemory(pid, plan.restMs, signal);
  bench.progress(`${plan.streams} open streams: first wave`);
  await runWave(bench, "first", Math.min(plan.holdMs, 3_000));
  const before = await watchMemory(pid, plan.restMs, signal);
  bench.progress(`${plan.streams} open streams: held for ${plan.holdMs / 1000} s`);
  const held = await runWave(bench, "second", plan.holdMs);
  const after = await watchMemory(pid, plan.restMs, signal);
  const ended = 2 * plan.streams;
  checkBooks(books, await readBooks(gantry.admin, gantry.tenant), { completed: ended }, ended * answerMicros);
  return {
    streams: plan.streams,
    holdMs: plan.holdMs,
    startBytes: atEnd(start),
    beforeBytes: atEnd(before),
    openedBytes: atBeginning(held),
    heldBytes: atEnd(held),
    afterBytes: atEnd(after),
  };
}

/** Gives the looks at the memory while all streams were open. */
async function runWave(bench: ProxyBench, wave: string, holdMs: number): Promise<readonly number[]> {
  const streams = await openHeldStreams(bench, wave);
  try {
    const looks = await watchMemory(bench.contestants.gantry.pid, holdMs, bench.signal);
    const { open } = await bench.upstream.count();
    if (open !== streams.length) throw new Error(`${open} of ${streams.length} streams were still open.`);
    bench.upstream.finish();
    await Promise.all(streams.map(({ ended }) => ended));
    return looks;
  } finally {
    for (const { caller } of streams) caller.close();
    await untilCounts(bench, { open: 0, connections: Infinity }, bench.plan.restMs);
  }
}
