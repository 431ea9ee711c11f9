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

/** The ports that an entry without one is about. */
const webPorts: readonly number[] = [80, 443];

/**
 * Whether an entry, which may name a port behind its host (`example.com:8443`, `*:22`, `[2001:db8::1]:80`), covers a normalised host at a
 * port. Where no port is known, an entry with one does not.
 */
export function coversHost(entry: string, host: string, port: number | undefined): boolean {
  const named = splitPort(entry);
  if (!matchesHost(host, named.host)) return false;
  return named.port === undefined ? port === undefined || webPorts.includes(port) : named.port === port;
}

/** Whether an entry is about all hosts. */
export function coversAllHosts(entry: string): boolean {
  return splitPort(entry).host === "*";
}

function splitPort(entry: string): { readonly host: string; readonly port?: number } {
  const parts = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(entry);
  return parts?.[1] === undefined ? { host: entry } : { host: parts[1], port: Number(parts[2]) };
}
