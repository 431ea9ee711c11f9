/**
 * One row of CSV (RFC 4180), with its line end. A text that a spreadsheet would run as a formula begins with an
 * apostrophe, so that it is shown and not run; numbers are left alone.
 */
export function toCsvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(toCell).join(",")}\r\n`;
}

function toCell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  // A tab or a line end before the sign is skipped by some spreadsheets.
  const safe = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
