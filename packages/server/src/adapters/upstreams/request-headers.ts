import type { UpstreamKind } from "@gantry/contracts/upstreams";

/** What of a client's headers an upstream may see. All else, its keys and cookies before all, stays here. */
interface AllowList {
  readonly names: ReadonlySet<string>;
  readonly prefixes: readonly string[];
}

const common = ["accept", "content-type", "idempotency-key", "traceparent", "user-agent"];

const forAnthropic: AllowList = {
  names: new Set([...common, "anthropic-beta", "anthropic-version", "x-app"]),
  prefixes: ["x-claude-code-", "x-stainless-"],
};

/** Not the client's `openai-organization` and `openai-project`: they would choose who pays among those our key can act for. */
const forOpenAi: AllowList = {
  names: new Set([...common, "openai-beta", "x-client-request-id"]),
  prefixes: ["x-stainless-"],
};

const defaultAnthropicVersion = "2023-06-01";

/** As HTTP allows them; others come from no HTTP client and would be refused in the sending. */
const sendable = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The headers of one request to an upstream. `client` in lower case; `credential` is ours. */
export function toRequestHeaders(
  { kind, usesBearer = false }: { readonly kind: UpstreamKind; readonly usesBearer?: boolean | undefined },
  client: Readonly<Record<string, string>>,
  credential: string | undefined,
): Record<string, string> {
  const { names, prefixes } = kind === "anthropic" ? forAnthropic : forOpenAi;
  const passed = Object.entries(client).filter(
    ([name, value]) => (names.has(name) || prefixes.some((prefix) => name.startsWith(prefix))) && sendable.test(value),
  );
  return {
    "content-type": "application/json",
    "user-agent": "gantry",
    ...(kind === "anthropic" ? { "anthropic-version": defaultAnthropicVersion } : {}),
    ...Object.fromEntries(passed),
    // The usage in an answer is read as it passes.
    "accept-encoding": "identity",
    ...(credential === undefined ? {} : toAuthentication(usesBearer ? "openai" : kind, credential)),
  };
}

function toAuthentication(kind: UpstreamKind, credential: string): Record<string, string> {
  switch (kind) {
    case "anthropic":
      return { "x-api-key": credential };
    case "azure-openai":
      return { "api-key": credential };
    case "openai":
    case "openai-compatible":
      return { authorization: `Bearer ${credential}` };
  }
}
