import { toCanonicalIpv6 } from "./to-canonical-ipv6.ts";

const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
const ipv4 = /^[0-9.]+$/;

/**
 * Brings a host into its one form: lower case, no dot at the end, an IPv6 address without brackets. Undefined for what
 * is no host: an empty label, a port, a user, characters beyond ASCII. International names are to be given in their
 * ASCII form (`xn--…`).
 */
export function normaliseHost(host: string): string | undefined {
  // Two brackets and a dot more than the longest name.
  if (host.length > 256) return undefined;
  const lower = host.toLowerCase();
  if (lower.includes(":")) return toCanonicalIpv6(lower);
  const name = lower.endsWith(".") ? lower.slice(0, -1) : lower;
  return name.length <= 253 && name.split(".").every((part) => label.test(part)) ? name : undefined;
}

/**
 * Whether an entry of a profile covers a normalised host: the host itself; `*.example.com` for every name below
 * `example.com` but not for that itself; `*` for every host.
 */
export function matchesHost(host: string, entry: string): boolean {
  if (entry === "*") return true;
  if (!entry.startsWith("*.")) return normaliseHost(entry) === host;
  // Names lie below a name: an address lies below nothing.
  if (ipv4.test(host) || host.includes(":")) return false;
  const parent = normaliseHost(entry.slice(2));
  return parent !== undefined && host.endsWith(`.${parent}`);
}
