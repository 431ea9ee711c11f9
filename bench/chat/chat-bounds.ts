import { median, type Spread } from "../measure/quantiles.ts";
import type { Bound } from "../report/bound.ts";
import { compare, findEntry, firstTokenOf, rateOf } from "./chat-figures.ts";
import { growthPercent } from "./measure-growth.ts";
import { scenarios, type Scenario } from "./plan.ts";
import type { ChatFigures } from "./run-chat.ts";

const conversations: Readonly<Record<Scenario, string>> = {
  new: "new conversations",
  running: "running conversations",
};

/** What the project promises, with what came out. */
export function toChatBounds(figures: ChatFigures): readonly Bound[] {
  return [
    ...scenarios.map((scenario) => toSooner(figures, scenario)),
    toMore(figures, "new", 7),
    toMore(figures, "running", 14),
    {
      claim: "An upstream 401 is heard after",
      relation: "<",
      limit: 2,
      unit: "s",
      measured: (figures.refusals.find(({ name, heard }) => name === "gantry" && heard)?.ms ?? Number.NaN) / 1000,
    },
    ...figures.shares.map((share): Bound => {
      const differences = share.gantryMs.map((ms, pair) => ms - (share.bareMs[pair] ?? Number.NaN));
      return {
        claim: `Gantry's own share of the first token over the bare driver, p50 of ${differences.length} pairs, ${conversations[share.scenario]}`,
        relation: "<=",
        limit: 3,
        unit: "ms",
        measured: median(differences),
      };
    }),
    toFlat(figures, "serverBytes", "the server process (resident)"),
    toFlat(figures, "treeBytes", "the server with all CLI processes"),
    {
      claim: "Processes that outlive the server's stop, all starts together",
      relation: "=",
      limit: 0,
      unit: "processes",
      measured: countLeftOver(figures),
    },
    toSmallRequest(figures),
  ];
}

function toSooner(figures: ChatFigures, scenario: Scenario): Bound {
  const [spawn, gantry] = pick(figures, scenario, 1);
  const ratio = compare(spawn, gantry, firstTokenOf);
  return {
    claim: `First token p50 sooner than a spawn per request, 1 caller, ${conversations[scenario]}${toRange(ratio)}`,
    relation: ">=",
    limit: 15,
    unit: "times",
    measured: ratio.median,
  };
}

function toMore(figures: ChatFigures, scenario: Scenario, limit: number): Bound {
  const [spawn, gantry] = pick(figures, scenario, 4);
  const ratio = compare(gantry, spawn, rateOf);
  return {
    claim: `Turns per second of a spawn per request, 4 callers, ${conversations[scenario]}${toRange(ratio)}`,
    relation: ">=",
    limit,
    unit: "times",
    measured: ratio.median,
  };
}

function pick(figures: ChatFigures, scenario: Scenario, callers: number) {
  return [findEntry(figures, scenario, callers, "spawn"), findEntry(figures, scenario, callers, "gantry")] as const;
}

function toRange({ low, high }: Spread): string {
  return ` (rounds: ${low.toFixed(1)} to ${high.toFixed(1)})`;
}

function toFlat(figures: ChatFigures, figure: "serverBytes" | "treeBytes", whose: string): Bound {
  const { from, to } = figures.growth;
  return {
    claim: `Memory growth from turn ${from} to ${to}, ${whose}`,
    relation: "<",
    limit: 10,
    unit: "%",
    measured: growthPercent(figures.growth, figure),
  };
}

function countLeftOver({ stages, growth }: ChatFigures): number {
  const entries = stages.flatMap((stage) => stage.entries);
  return growth.leftOver + entries.reduce((sum, { leftOver }) => sum + leftOver, 0);
}

/** The prompt of the scenario `new` is one line; the largest round counts. */
function toSmallRequest(figures: ChatFigures): Bound {
  const rounds = findEntry(figures, "new", 1, "gantry")?.rounds ?? [];
  return {
    claim: "Upstream request body of a one-line chat",
    relation: "<",
    limit: 3_000,
    unit: "bytes",
    measured: Math.max(...rounds.map(({ upstreamBytes, upstreamCalls }) => upstreamBytes / upstreamCalls)),
  };
}
