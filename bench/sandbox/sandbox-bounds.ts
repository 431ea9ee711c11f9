import { toSpread } from "../measure/quantiles.ts";
import type { Bound } from "../report/bound.ts";
import type { Round, SandboxFigures } from "./run-sandbox.ts";
import type { ContestantName } from "./sandbox-contestant.ts";

/** Milliseconds that a contestant takes more than no walls, round by round. */
export function toAdded(
  figures: SandboxFigures,
  name: ContestantName,
  what: (round: Round) => number,
): readonly number[] {
  const roundsOf = (wanted: ContestantName): readonly Round[] =>
    figures.entries.find((entry) => entry.name === wanted)?.rounds ?? [];
  const plain = roundsOf("none");
  return roundsOf(name).flatMap((round, index) => {
    const other = plain[index];
    return other === undefined ? [] : [what(round) - what(other)];
  });
}

/** What the project promises, with what came out. */
export function toSandboxBounds(figures: SandboxFigures): readonly Bound[] {
  return [
    toBound(
      "Walls and bounds add to the start of the CLI",
      toAdded(figures, "walls-and-bounds", (round) => round.startMs),
      15,
    ),
    toBound(
      "Walls and bounds add to a warm turn",
      toAdded(figures, "walls-and-bounds", (round) => round.turnMs),
      1,
    ),
  ];
}

function toBound(claim: string, added: readonly number[], limit: number): Bound {
  const { median, low, high } = toSpread(added);
  const range = ` (rounds: ${low.toFixed(1)} to ${high.toFixed(1)})`;
  return { claim: `${claim}${range}`, relation: "<=", limit, unit: "ms", measured: median };
}
