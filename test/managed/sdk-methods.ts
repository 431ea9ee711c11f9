import Anthropic from "@anthropic-ai/sdk";

/** The parts of the vendor's client that the page is about. */
const parts = ["agents", "environments", "sessions", "files"] as const;

/** Every method that the vendor's client has for the managed API, found by looking: `sessions.events.send`. */
export function listSdkMethods(): readonly string[] {
  const { beta } = new Anthropic({ apiKey: "none" });
  return parts.flatMap((part) => listMethods(beta[part], part)).toSorted();
}

function listMethods(resource: object, path: string): string[] {
  const own = Object.getOwnPropertyNames(Object.getPrototypeOf(resource)).filter((name) => name !== "constructor");
  const inner = Object.entries(resource).filter(
    ([name, value]) => !name.startsWith("_") && typeof value === "object" && value !== null,
  );
  return [
    ...own.filter((name) => !name.startsWith("_")).map((name) => `${path}.${name}`),
    ...inner.flatMap(([name, value]) => listMethods(value as object, `${path}.${name}`)),
  ];
}
