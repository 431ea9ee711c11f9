/**
 * Replaces in all texts of a value what PostgreSQL refuses (NUL) or UTF-8 cannot carry (lone surrogates) with U+FFFD, so that
 * what is hashed and compared is what is stored, and no text of a client makes a statement fail.
 */
export function toCleanText<T>(value: T): T;
export function toCleanText(value: unknown): unknown {
  if (typeof value === "string") return isClean(value) ? value : value.toWellFormed().replaceAll("\0", "\uFFFD");
  if (typeof value !== "object" || value === null) return value;
  // As a rule nothing is to be replaced, and then nothing is copied.
  if (Object.values(value).every((part) => toCleanText(part) === part)) return value;
  if (Array.isArray(value)) return value.map(toCleanText);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, toCleanText(part)]));
}

function isClean(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}
