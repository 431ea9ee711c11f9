/**
 * Matches a whole text against a pattern in which `*` stands for any text; where marks are given, for any text none of
 * whose characters is marked with 1. Taking the first place for each piece is enough, since a later one only makes the
 * text before it longer: so the time is that of one search for each piece.
 */
export function matchesWildcard(pattern: string, text: string, marks?: Uint8Array): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  const end = text.length - last.length;
  let from = first.length;
  for (const piece of rest) {
    const at = text.indexOf(piece, from);
    if (at === -1 || at + piece.length > end || isMarked(marks, from, at)) return false;
    from = at + piece.length;
  }
  return !isMarked(marks, from, end);
}

function isMarked(marks: Uint8Array | undefined, from: number, to: number): boolean {
  return marks !== undefined && marks.subarray(from, to).includes(1);
}
