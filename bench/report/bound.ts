import { toFigure, toMarkdownTable } from "./markdown-table.ts";

/** What was promised of one figure, and what came out. */
export interface Bound {
  readonly claim: string;
  readonly relation: "<" | "<=" | ">=" | "=";
  readonly limit: number;
  readonly unit: string;
  /** NaN where it could not be measured, which misses. */
  readonly measured: number;
}

export function isMet({ relation, limit, measured }: Bound): boolean {
  switch (relation) {
    case "<":
      return measured < limit;
    case "<=":
      return measured <= limit;
    case ">=":
      return measured >= limit;
    case "=":
      return measured === limit;
  }
}

/** All bounds as a table in Markdown, each `met` or `missed`. */
export function toBoundsTable(bounds: readonly Bound[]): string {
  const rows = bounds.map((bound) => {
    const { claim, relation, limit, unit, measured } = bound;
    return [
      claim,
      `${relation} ${limit} ${unit}`,
      `${toFigure(measured)} ${unit}`,
      isMet(bound) ? "met" : "**missed**",
    ];
  });
  return toMarkdownTable(["Figure", ">Bound", ">Measured", "Result"], rows);
}
