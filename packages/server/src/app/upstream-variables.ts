import type { Config } from "./config.ts";
import type { Credential } from "./credential.ts";

/** How the call leaves the machine. */
const proxyNames = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"];

/**
 * The part of a CLI process's environment that a subscription login decides: the login, and the owner's proxies. Nothing
 * leads elsewhere than to the vendor's own address. Secrets: never log it.
 */
export function toUpstreamVariables(
  { source }: Extract<Credential, { kind: "subscription" }>,
  config: Pick<Config, "credentials" | "cliEnvironment">,
): Readonly<Record<string, string>> {
  const inherited = Object.entries(config.cliEnvironment.reveal());
  const environment = Object.fromEntries(inherited.filter(([name]) => proxyNames.includes(name)));
  const secret = source === "login" ? undefined : config.credentials[source]?.reveal();
  return secret === undefined ? environment : { ...environment, [source]: secret };
}
