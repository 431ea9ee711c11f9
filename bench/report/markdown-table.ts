/** A table in Markdown. Columns named with a leading `>` are aligned to the right. */
export function toMarkdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const names = columns.map((column) => column.replace(/^>/, ""));
  const rules = columns.map((column) => (column.startsWith(">") ? "---:" : "---"));
  return [names, rules, ...rows].map((cells) => `| ${cells.map(escapeCell).join(" | ")} |`).join("\n");
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

/** A figure with as many digits as are worth reading; a dash where there is none. */
export function toFigure(value: number): string {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  return value.toFixed(size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : 2);
}
