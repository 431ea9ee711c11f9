import { toPrintable } from "../printable.ts";

export interface Column {
  readonly title: string;
  /** Figures stand on the right. */
  readonly right?: boolean;
}

/** Aligned columns under their titles, for people. */
export function toTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map(({ title }) => title.toUpperCase()), ...rows.map((row) => row.map(toPrintable))];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)));
  return cells
    .map((row) => {
      const line = columns.map(({ right }, index) => {
        const [cell, width] = [row[index] ?? "", widths[index] ?? 0];
        return right === true ? cell.padStart(width) : cell.padEnd(width);
      });
      return line.join("  ").trimEnd();
    })
    .join("\n");
}

/** One thing, a line for each of its sides. */
export function toDetails(lines: readonly (readonly [string, string])[]): string {
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, value]) => `${name.padEnd(width)}  ${toPrintable(value)}`.trimEnd()).join("\n");
}
