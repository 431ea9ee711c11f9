import { toCanonicalIpv6 } from "../access/to-canonical-ipv6.ts";

/** What an address is for. `metadata`: services of a cloud that give its machines their credentials. */
export type AddressKind =
  | "public"
  | "loopback"
  | "private"
  | "shared"
  | "link_local"
  | "metadata"
  | "multicast"
  | "reserved"
  | "translated"
  | "unreadable";

type Range = readonly [prefix: string, kind: AddressKind];

/** Whatever lies in none of these is public. From the special-purpose registry (RFC 6890 and its additions). */
const ipv4Ranges: readonly Range[] = [
  ["169.254.169.254/32", "metadata"],
  ["100.100.100.200/32", "metadata"],
  ["192.0.0.192/32", "metadata"],
  // Lies among public addresses, and is answered by the host of the machine.
  ["168.63.129.16/32", "metadata"],
  ["0.0.0.0/8", "reserved"],
  ["10.0.0.0/8", "private"],
  ["100.64.0.0/10", "shared"],
  ["127.0.0.0/8", "loopback"],
  ["169.254.0.0/16", "link_local"],
  ["172.16.0.0/12", "private"],
  ["192.0.0.0/24", "reserved"],
  ["192.0.2.0/24", "reserved"],
  ["192.31.196.0/24", "reserved"],
  ["192.52.193.0/24", "reserved"],
  ["192.88.99.0/24", "reserved"],
  ["192.168.0.0/16", "private"],
  ["192.175.48.0/24", "reserved"],
  ["198.18.0.0/15", "reserved"],
  ["198.51.100.0/24", "reserved"],
  ["203.0.113.0/24", "reserved"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "reserved"],
];

/** Here public is what lies in 2000::/3 and in none of these: all else is no address of the open network. */
const ipv6Ranges: readonly Range[] = [
  ["fd00:ec2::254/128", "metadata"],
  ["fd20:ce::254/128", "metadata"],
  ["::1/128", "loopback"],
  ["::ffff:0:0/96", "translated"],
  ["64:ff9b::/96", "translated"],
  ["64:ff9b:1::/48", "translated"],
  // Teredo, ORCHID and their like; 6to4 holds an IPv4 address within.
  ["2001::/23", "reserved"],
  ["2001:db8::/32", "reserved"],
  ["2002::/16", "translated"],
  ["3fff::/20", "reserved"],
  ["fc00::/7", "private"],
  ["fe80::/10", "link_local"],
  ["fec0::/10", "private"],
  ["ff00::/8", "multicast"],
];

/**
 * Judges an address as a resolver or a literal gives it: four plain decimal numbers, or IPv6 without a zone. What is written in any other
 * way (octal, hexadecimal, fewer numbers) is `unreadable`, since programs do not agree on what it means.
 */
export function judgeAddress(address: string): AddressKind {
  const v4 = parseIpv4(address);
  if (v4 !== undefined) return findKind(v4, ipv4, "public");
  const v6 = parseIpv6(address);
  if (v6 === undefined) return "unreadable";
  return findKind(v6, ipv6, v6 >> 125n === 1n ? "public" : "reserved");
}

/** Whether a text is an IPv4 address as {@link judgeAddress} reads it. */
export function isIpv4(text: string): boolean {
  return parseIpv4(text) !== undefined;
}

interface Network {
  readonly first: bigint;
  /** Bits behind the prefix. */
  readonly rest: bigint;
  readonly kind: AddressKind;
}

const ipv4 = ipv4Ranges.map((range) => toNetwork(range, 32));
const ipv6 = ipv6Ranges.map((range) => toNetwork(range, 128));

function toNetwork([prefix, kind]: Range, bits: number): Network {
  const [address = "", length = ""] = prefix.split("/");
  const value = bits === 32 ? parseIpv4(address) : parseIpv6(address);
  if (value === undefined) throw new Error(`${prefix} is no range of addresses`);
  const rest = BigInt(bits - Number(length));
  return { first: value >> rest, rest, kind };
}

function findKind(value: bigint, networks: readonly Network[], fallback: AddressKind): AddressKind {
  return networks.find(({ first, rest }) => value >> rest === first)?.kind ?? fallback;
}

function parseIpv4(text: string): bigint | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1);
  if (parts === undefined || parts.some((part) => Number(part) > 255 || String(Number(part)) !== part))
    return undefined;
  return parts.reduce((value, part) => (value << 8n) + BigInt(part), 0n);
}

function parseIpv6(text: string): bigint | undefined {
  const canonical = toCanonicalIpv6(text);
  if (canonical === undefined) return undefined;
  const [head = "", tail] = canonical.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return [...left, ...zeros, ...right].reduce((value, group) => (value << 16n) + BigInt(`0x${group}`), 0n);
}
