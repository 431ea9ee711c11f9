/** A path as text. `exact` is false where its bytes are no UTF-8; what cannot be told is `\uFFFD` then. */
export function showPath(path: Buffer): { readonly text: string; readonly exact: boolean } {
  const text = path.toString("utf8");
  return { text, exact: Buffer.from(text, "utf8").equals(path) };
}
