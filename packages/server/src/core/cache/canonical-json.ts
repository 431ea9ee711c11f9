/**
 * JSON with its keys in order and without what is undefined, so that equal values give equal texts. All fields are
 * taken as they come: a field that is added to the contract later becomes part of it without being named.
 */
export function toCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}
