/** `date` is what a `retry-after` that is a date is measured from. */
const names: ReadonlySet<string> = new Set([
  "anthropic-organization-id",
  "content-type",
  "date",
  "request-id",
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
]);

const prefixes = ["anthropic-ratelimit-", "openai-", "x-ratelimit-"];

/** The upstream's own id of a request: its `x-request-id` would be taken for ours. */
const upstreamIdHeader = "x-gantry-upstream-request-id";

/** As HTTP allows them; the server would fail on others. */
const sendable = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What of an upstream's headers a client may see. `headers` in lower case. */
export function toResponseHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || !(names.has(name) || prefixes.some((prefix) => name.startsWith(prefix)))) continue;
    const text = toText(value);
    if (sendable.test(text)) passed[name] = text;
  }
  const id = toText(headers["request-id"] ?? headers["x-request-id"] ?? "");
  return id !== "" && sendable.test(id) ? { ...passed, [upstreamIdHeader]: id } : passed;
}

function toText(value: string | readonly string[]): string {
  return typeof value === "string" ? value : value.join(", ");
}
