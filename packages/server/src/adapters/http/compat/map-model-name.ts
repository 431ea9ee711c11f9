/** Parts of other vendors' names, and the models that take their place; the first that fits decides. */
const places: readonly (readonly [parts: readonly string[], model: string])[] = [
  [["haiku"], "haiku"],
  [["opus"], "opus"],
  [["sonnet", "claude"], "sonnet"],
  [["gpt-3.5", "mini", "nano"], "haiku"],
  [["gpt-4-turbo", "gpt-4o", "o1"], "opus"],
  [["gpt-4", "gpt-5"], "sonnet"],
];

/** The model that stands for one of another vendor, by what its name holds. */
export function mapModelName(name: string): string {
  const lower = name.toLowerCase();
  if (lower.includes("gemini")) return lower.includes("flash") ? "haiku" : "sonnet";
  return places.find(([parts]) => parts.some((part) => lower.includes(part)))?.[1] ?? "sonnet";
}
