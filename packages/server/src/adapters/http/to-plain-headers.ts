/** Headers as texts, several of one name joined as HTTP does. */
export function toPlainHeaders(
  headers: Readonly<Record<string, number | string | readonly string[] | undefined>>,
): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name] = typeof value === "object" ? value.join(", ") : String(value);
  }
  return plain;
}
