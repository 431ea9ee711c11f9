/**
 * The one spelling of an IPv6 address, as the URL standard writes it, with or without brackets; undefined for anything
 * else.
 */
export function toCanonicalIpv6(host: string): string | undefined {
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  if (bare.length > 45 || !/^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(bare)) return undefined;
  return URL.parse(`http://[${bare}]/`)?.hostname.slice(1, -1);
}
