import { median, quantile, toSpread, type Spread } from "../measure/quantiles.ts";
import type { Bound } from "../report/bound.ts";
import type { ContestantName } from "./contestant.ts";
import type { AddedTime } from "./measure-added-time.ts";
import type { LeaverFigures } from "./measure-leavers.ts";
import type { StreamFigures } from "./measure-streams.ts";
import type { Block, Stage } from "./run-loads.ts";
import type { ProxyFigures } from "./run-proxy.ts";

export const megabyte = 1024 * 1024;
/** A process that does the same again and again may come to rest so much higher or lower. */
const flatMegabytes = 32;

export const rateOf = ({ requests, seconds }: Block): number => requests / seconds;

/** What the project promises, with what came out. */
export function toProxyBounds({ stages, addedTimes, streams, leavers }: ProxyFigures): readonly Bound[] {
  return [
    ...stages.map(toShareBound),
    ...addedTimes.map(toAddedBound),
    ...toStreamBounds(streams),
    ...toLeaverBounds(leavers),
  ];
}

/** A contestant's requests per second as a share of the pipe's, round by round: both had the same noise in a round. */
export function toShareOfPipe({ entries }: Stage, name: ContestantName): Spread {
  const roundsOf = (wanted: ContestantName): readonly Block[] =>
    entries.find((entry) => entry.name === wanted)?.rounds ?? [];
  const pipe = roundsOf("pipe");
  const shares = roundsOf(name).flatMap((block, round) => {
    const other = pipe[round];
    return other === undefined ? [] : [rateOf(block) / rateOf(other)];
  });
  return toSpread(shares);
}

export function toDifferences({ gantryMs, pipeMs }: AddedTime): readonly number[] {
  return gantryMs.map((ms, pair) => ms - (pipeMs[pair] ?? Number.NaN));
}

function toShareBound(stage: Stage): Bound {
  const { median: measured, low, high } = toShareOfPipe(stage, "gantry");
  return {
    claim: `Share of the plain pipe's requests per second, ${stage.load} (rounds: ${low.toFixed(2)} to ${high.toFixed(2)})`,
    relation: ">=",
    limit: 0.6,
    unit: "times",
    measured,
  };
}

function toAddedBound(time: AddedTime): Bound {
  const differences = toDifferences(time);
  return {
    claim: `Time to the first byte beyond the pipe's, p50 of ${differences.length} pairs, 1 connection, ${time.load}`,
    relation: "<",
    limit: 1,
    unit: "ms",
    measured: median(differences),
  };
}

function toStreamBounds({ streams, holdMs, ...bytes }: StreamFigures): readonly Bound[] {
  return [
    toFlatBound(`while ${streams} streams are held open for ${holdMs / 1000} s`, bytes.openedBytes, bytes.heldBytes),
    toFlatBound(`from before ${streams} open streams to after them`, bytes.beforeBytes, bytes.afterBytes),
  ];
}

function toLeaverBounds(leavers: LeaverFigures): readonly Bound[] {
  const { clients, heardMs } = leavers;
  return [
    {
      claim: `From a client's leaving in mid-stream to the end of its call at the upstream, p95 of ${clients}`,
      relation: "<=",
      limit: 100,
      unit: "ms",
      measured: quantile(heardMs, 0.95),
    },
    toNothing("Clients whose leaving the upstream did not hear of", "clients", clients - heardMs.length),
    toNothing("Calls of theirs that still ran at the upstream afterwards", "calls", leavers.openAtUpstream),
    toNothing("Connections to the upstream that were left", "connections", leavers.connectionsLeft),
    toNothing("What the budgets still had set aside", "micro-dollars", leavers.reservedMicros),
    toNothing("Calls of theirs that were not booked as cancelled", "calls", clients - leavers.booked),
    toFlatBound(`from before ${clients} clients that leave to after them`, leavers.beforeBytes, leavers.afterBytes),
  ];
}

function toNothing(claim: string, unit: string, measured: number): Bound {
  return { claim, relation: "=", limit: 0, unit, measured };
}

function toFlatBound(when: string, from: number, to: number): Bound {
  return {
    claim: `Growth of the server's resident memory ${when}`,
    relation: "<",
    limit: flatMegabytes,
    unit: "MB",
    measured: (to - from) / megabyte,
  };
}
