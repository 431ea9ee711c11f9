import { setTimeout as pause } from "node:timers/promises";
import { readHealth } from "../../test/harness/server-state.ts";
import { modelAlias } from "../contestants/contestant.ts";
import { createGantryOverHttp, type GantryContestant } from "../contestants/gantry-over-http.ts";
import { quantile } from "../measure/quantiles.ts";
import type { Bound } from "../report/bound.ts";
import { toFigure } from "../report/markdown-table.ts";
import { checkEcho, type ChatRequest } from "./check-echo.ts";
import { createProblemList, describeError, type ProblemList } from "./problem-list.ts";
import { createRandom, type Random } from "./random.ts";
import { runMany } from "./run-many.ts";
import type { SectionReport, Soak } from "./soak.ts";

const workers = 6;
/** Every so many clients one stays, and what reached the model for it is compared with what it sent. */
const stayersEvery = 10;
const interruptMs = 500;
/** Later than this, the interrupt did not work and the process had to be ended. */
const lostMs = 1_900;
const restMs = 15_000;
/** A small sample beside other work says nothing of times: it only must not wait for ever. */
const quickRestMs = 120_000;

/** Clients that leave in the middle of an answer: each turn must be interrupted, and nothing of it reach the next one. */
export async function soakLeavers(soak: Soak): Promise<SectionReport> {
  const total = soak.quick ? 10 : 1_000;
  const problems = createProblemList();
  const leftAt = new Map<string, number>();
  const delays: number[] = [];
  const stopListening = soak.arena.upstream.onCut(({ marker, at }) => {
    const left = leftAt.get(marker ?? "");
    if (left !== undefined) delays.push(Math.max(0, at - left));
  });
  const gantry = await createGantryOverHttp(soak.arena);
  const withinMs = soak.quick ? quickRestMs : restMs;
  let leftOver = Number.NaN;
  let done = 0;
  let running = Number.NaN;
  try {
    done = await runMany(soak, "leavers", { total, workers }, async (item) => {
      const random = createRandom(soak.seed, item);
      if (item % stayersEvery === 0) await stay(soak, gantry, item, problems);
      else await leave(gantry, random, item, leftAt, problems);
    });
    running = await waitForRest(soak, gantry, withinMs);
  } finally {
    stopListening();
    leftOver = await gantry.stop();
  }
  return {
    facts: [
      ["Clients", `${done} of ${total}, ${workers} at a time; every ${stayersEvery}th stayed and was checked`],
      ["Calls that the upstream saw cut", String(delays.length)],
      [
        "From leaving to the cut, ms",
        `p50 ${toFigure(quantile(delays, 0.5))}, p95 ${toFigure(quantile(delays, 0.95))}, highest ${toFigure(quantile(delays, 1))}`,
      ],
    ],
    bounds: [
      {
        claim: "Wrong or failed answers of those that stayed",
        relation: "=",
        limit: 0,
        unit: "answers",
        measured: done === 0 ? Number.NaN : problems.count,
      },
      // A small sample beside other work says nothing of times.
      ...(soak.quick ? [] : toTimeBounds(delays)),
      {
        claim: `Turns and model calls that still run ${withinMs / 1000} s afterwards`,
        relation: "=",
        limit: 0,
        unit: "turns",
        measured: running,
      },
      { claim: "Processes left over", relation: "=", limit: 0, unit: "processes", measured: leftOver },
    ],
    problems: problems.shown,
  };
}

function toTimeBounds(delays: readonly number[]): Bound[] {
  return [
    {
      claim: "From a client's leaving to the end of its model call, p95",
      relation: "<=",
      limit: interruptMs,
      unit: "ms",
      measured: quantile(delays, 0.95),
    },
    {
      claim: `Model calls that went on for more than ${lostMs / 1000} s after their client had left`,
      relation: "=",
      limit: 0,
      unit: "calls",
      measured: delays.filter((ms) => ms > lostMs).length,
    },
  ];
}

async function leave(
  { client }: GantryContestant,
  random: Random,
  item: number,
  leftAt: Map<string, number>,
  problems: ProblemList,
): Promise<void> {
  const marker = `marker-${item}`;
  const leaving = new AbortController();
  const go = (): void => {
    if (leaving.signal.aborted) return;
    leftAt.set(marker, Date.now());
    leaving.abort();
  };
  let deltas = random.below(15);
  const onDelta = (): void => {
    deltas -= 1;
    if (deltas < 0) go();
  };
  const content = `${marker} [[demo:tokens 1000]] [[demo:pace 5]]`;
  // Some do not even wait for the first word.
  const early = random.chance(0.4) ? setTimeout(go, random.below(60)) : undefined;
  try {
    await client.stream(
      { model: modelAlias, messages: [{ role: "user", content }] },
      { signal: leaving.signal, onDelta },
    );
    problems.add(`Client ${item} got its whole answer before it could leave.`);
  } catch (error) {
    if (!leaving.signal.aborted) problems.add(`Client ${item}: ${describeError(error)}`);
  } finally {
    clearTimeout(early);
  }
}

async function stay(soak: Soak, { client }: GantryContestant, item: number, problems: ProblemList): Promise<void> {
  const request: ChatRequest = {
    model: modelAlias,
    messages: [{ role: "user", content: `marker-${item} [[demo:echo]]` }],
  };
  try {
    const { text, errorCode } = await client.stream({ ...request });
    if (errorCode !== undefined) throw new Error(errorCode);
    checkEcho(text, request, soak.release);
  } catch (error) {
    problems.add(`Client ${item}, which stayed: ${describeError(error)}`);
  }
}

/** Gives the number of turns, waiting requests and model calls that do not come to their end. */
async function waitForRest({ arena }: Soak, { server }: GantryContestant, withinMs: number): Promise<number> {
  const giveUp = performance.now() + withinMs;
  for (;;) {
    const [{ processes, queue }, { open }] = await Promise.all([readHealth(server), arena.upstream.counts()]);
    const running = processes.busy + queue.length + open;
    if (running === 0 || performance.now() > giveUp) return running;
    await pause(50);
  }
}
