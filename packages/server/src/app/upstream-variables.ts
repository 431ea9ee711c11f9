import type { Config } from "./config.ts";
import type { Credential } from "./credential.ts";

/** Variables that say who is asked and as whom; all others of `cliEnvironment` are the way there. */
const proxyNames = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"];

/**
 * The part of a CLI process's environment that its credential decides: the one credential that was chosen, and the
 * owner's proxies and gateway where the call leaves the machine. Secrets: never log it.
 */
export function toUpstreamVariables(
  credential: Credential,
  config: Pick<Config, "credentials" | "cliEnvironment">,
): Readonly<Record<string, string>> {
  // The demo model listens on loopback, which no proxy must see.
  if (credential.kind === "demo") return {};
  const inherited = config.cliEnvironment.reveal();
  // A subscription is for the vendor's own address alone; a gateway of the owner's goes with the owner's key.
  const names = [...proxyNames, ...(credential.kind === "api-key" ? ["ANTHROPIC_BASE_URL"] : [])];
  const environment = Object.fromEntries(Object.entries(inherited).filter(([name]) => names.includes(name)));
  if (credential.source === "login") return environment;
  const secret = config.credentials[credential.source]?.reveal();
  return secret === undefined ? environment : { ...environment, [credential.source]: secret };
}
