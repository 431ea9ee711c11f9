/**
 * Replaces in all texts of a value what PostgreSQL refuses (NUL) or UTF-8 cannot carry (lone surrogates) with U+FFFD, so that
 * what is hashed and compared is what is stored, and no text of a client makes a statement fail.
 */
export function toCleanText<T>(value: T): T;
export function toCleanText(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed().replaceAll("\0", "\uFFFD");
  if (Array.isArray(value)) return value.map(toCleanText);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, toCleanText(part)]));
}
