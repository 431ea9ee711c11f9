import type { ToolConfig } from "@gantry/contracts/agent-tools";
import type { ToolCall } from "../ports/work-driver.ts";

export type DomainLists = Pick<ToolConfig, "allowed_domains" | "blocked_domains">;

/**
 * Why a call of `web_fetch` or `web_search` leaves the domains that the agent's tool is kept to; undefined where it does not. A domain stands
 * for its subdomains too. What cannot be read as a host is outside.
 */
export function judgeDomains(
  lists: DomainLists,
  { tool, input }: Pick<ToolCall, "tool" | "input">,
): string | undefined {
  const { allowed_domains: allowed, blocked_domains: blocked } = lists;
  if (allowed === undefined && blocked === undefined) return undefined;
  return tool === "WebSearch" ? judgeSearch(lists, input) : judgeHost(lists, toHost(input["url"]));
}

function judgeHost({ allowed_domains: allowed, blocked_domains: blocked }: DomainLists, host: string | undefined) {
  if (host === undefined) return "The address has no host that could be checked.";
  if (allowed !== undefined && !isWithin(host, allowed)) return `This tool may ask only ${allowed.join(", ")}.`;
  if (blocked !== undefined && isWithin(host, blocked)) return `This tool may not ask ${host}.`;
  return undefined;
}

/** The search itself is made elsewhere; what it may look through is what the call names. */
function judgeSearch({ allowed_domains: allowed, blocked_domains: blocked }: DomainLists, input: ToolCall["input"]) {
  const named = toNames(input["allowed_domains"]);
  if (allowed !== undefined) {
    const isKept = named.length > 0 && named.every((name) => isWithin(name, allowed));
    return isKept ? undefined : `Search with \`allowed_domains\` out of ${allowed.join(", ")}.`;
  }
  const refused = blocked ?? [];
  const left = toNames(input["blocked_domains"]);
  const isKept =
    refused.every((name) => isWithin(name, left)) ||
    (named.length > 0 &&
      named.every((name) => !isWithin(name, refused) && !refused.some((one) => isWithin(one, [name]))));
  return isKept ? undefined : `Search with \`blocked_domains\` ${refused.join(", ")}.`;
}

function toHost(url: unknown): string | undefined {
  const host = typeof url === "string" ? URL.parse(url)?.hostname : undefined;
  return host === undefined || host === "" ? undefined : toPlain(host);
}

function toNames(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map((name) => toPlain(String(name))) : [];
}

const toPlain = (name: string): string => name.toLowerCase().replace(/\.$/, "");

function isWithin(host: string, domains: readonly string[]): boolean {
  return domains.map(toPlain).some((domain) => host === domain || host.endsWith(`.${domain}`));
}
