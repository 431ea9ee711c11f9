const lineEnds = /[\u0085\u2028\u2029]/;
const allLineEnds = new RegExp(lineEnds, "g");

/**
 * JSON without the three characters that JSON leaves as they are but that some HTTP clients (Python's httpx among them)
 * take for the end of a line, which would cut the event in two.
 */
export function toJsonLine(value: unknown): string {
  const json = JSON.stringify(value);
  return lineEnds.test(json) ? json.replace(allLineEnds, toEscape) : json;
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
