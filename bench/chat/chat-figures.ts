import type { ContestantName } from "../contestants/contestant.ts";
import { median, toSpread, type Spread } from "../measure/quantiles.ts";
import type { Scenario } from "./plan.ts";
import type { ChatFigures } from "./run-chat.ts";
import type { Block } from "./run-block.ts";
import type { Entry } from "./run-stage.ts";

export const firstTokenOf = (block: Block): number => median(block.firstTokenMs);
export const rateOf = (block: Block): number => block.turns / block.seconds;

export function findEntry(
  figures: ChatFigures,
  scenario: Scenario,
  callers: number,
  name: ContestantName,
): Entry | undefined {
  const stage = figures.stages.find((candidate) => candidate.scenario === scenario && candidate.callers === callers);
  return stage?.entries.find((entry) => entry.name === name);
}

/**
 * How many times the figure of the one is that of the other, round by round: both had the same noise in a round.
 * Not a number where a stage is missing.
 */
export function compare(upper: Entry | undefined, lower: Entry | undefined, figure: (block: Block) => number): Spread {
  const ratios = (upper?.rounds ?? []).flatMap((block, round) => {
    const other = lower?.rounds[round];
    return other === undefined ? [] : [figure(block) / figure(other)];
  });
  return toSpread(ratios);
}
