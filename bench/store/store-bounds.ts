import { toSpread, type Spread } from "../measure/quantiles.ts";
import type { Bound } from "../report/bound.ts";
import type { PairName } from "./pair-contestant.ts";
import type { Block } from "./run-callers.ts";
import type { StoreFigures } from "./run-store.ts";

export const rateOf = ({ runs, seconds }: Block): number => runs / seconds;

/** What the project promises, with what came out. */
export function toStoreBounds(figures: StoreFigures): readonly Bound[] {
  return [
    toRateBound(figures, "sqlite", "SQLite", 5_000),
    toRateBound(figures, "postgres", "PostgreSQL", 2_500),
    toAdmissionBound(figures, "sqlite", "SQLite"),
    toAdmissionBound(figures, "postgres", "PostgreSQL"),
  ];
}

function toRateBound({ pairs }: StoreFigures, name: PairName, title: string, limit: number): Bound {
  const stage = pairs.find(({ callers }) => callers === 32);
  const rounds = stage?.entries.find((entry) => entry.name === name)?.rounds ?? [];
  const rates = toSpread(rounds.map(rateOf));
  return {
    claim: `Reservations with settlement per second on ${title}, 32 callers${toRange(rates, 0)}`,
    relation: ">=",
    limit,
    unit: "pairs/s",
    measured: rates.median,
  };
}

function toAdmissionBound({ admission }: StoreFigures, store: "sqlite" | "postgres", title: string): Bound {
  const entry = admission.find(
    (candidate) => candidate.store === store && candidate.callers === 1 && candidate.key === "remembered",
  );
  const p50 = toSpread((entry?.rounds ?? []).map(({ p50Ms }) => p50Ms));
  return {
    claim: `Key check, limits and reservation of a request on ${title}, p50, 1 caller${toRange(p50, 2)}`,
    relation: "<",
    limit: 1,
    unit: "ms",
    measured: p50.median,
  };
}

function toRange({ low, high }: Spread, digits: number): string {
  return ` (rounds: ${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}
