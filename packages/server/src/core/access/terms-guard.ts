import { toCanonicalIpv6 } from "./to-canonical-ipv6.ts";

/** What the server has to authenticate with at its model's provider. */
export type CredentialKind = "api-key" | "subscription" | "demo";

/**
 * With a subscription login Gantry is in personal mode: it serves its owner alone, from this machine. The vendor's
 * terms let a subscription be used through its own program for the owner's own work, and not as a service for others.
 */
export function isPersonalMode(credentialKind: CredentialKind): boolean {
  return credentialKind === "subscription";
}

export interface PersonalModeQuestion {
  readonly credentialKind: CredentialKind;
  /** The address to listen on. */
  readonly host: string;
}

/** Undefined where the server may start; else the text that says why not and what to do. */
export function checkPersonalMode({ credentialKind, host }: PersonalModeQuestion): string | undefined {
  if (!isPersonalMode(credentialKind) || isLoopbackHost(host)) return undefined;
  const shown = host === "" ? "every address" : host.slice(0, 100);
  return (
    `Gantry would listen on ${shown}, which other machines can reach, with a subscription login as its credential. ` +
    "A subscription is for its owner's own use: the vendor's terms do not allow serving others with it. " +
    "To serve others, set ANTHROPIC_API_KEY (with --credential api-key); " +
    "to go on alone, listen on 127.0.0.1 (--host 127.0.0.1)."
  );
}

const ipv4Loopback = /^127(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;
const mappedLoopback = /^::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}$/;

/**
 * Whether only this machine can reach a server that listens on a host: 127.0.0.0/8, `::1` in any spelling, both also
 * mapped (`::ffff:127.0.0.1`), and `localhost`. Anything else is taken for reachable, also names that happen to lead
 * here.
 */
export function isLoopbackHost(host: string): boolean {
  if (host.length > 100) return false;
  const lower = host.toLowerCase();
  if (lower === "localhost" || lower === "localhost." || ipv4Loopback.test(lower)) return true;
  const address = toCanonicalIpv6(lower);
  return address !== undefined && (address === "::1" || mappedLoopback.test(address));
}
