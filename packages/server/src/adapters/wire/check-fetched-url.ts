import { normaliseHost } from "../../core/access/match-host.ts";

/** Names that lead into a network of one's own, by their last labels. */
const privateNames = /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|corp|private|home\.arpa)$/;

/**
 * What is wrong with an https address that is to be fetched by the model's provider, to be put behind the field's name;
 * undefined where nothing is. Nothing is ever fetched from here, but an address that leads into somebody's own network is
 * no image of a client's: an upstream that runs in that network would open it. An address is told by name alone.
 */
export function checkFetchedUrl(url: string): string | undefined {
  if (!url.isWellFormed() || /\s/.test(url) || !URL.canParse(url)) {
    return "expected a valid https: URL without white space, got one that cannot be parsed";
  }
  const { protocol, hostname, username, password } = new URL(url);
  if (protocol !== "https:") return `expected an https: URL, got the scheme ${protocol}`;
  if (username !== "" || password !== "") return "expected an https: URL without a user, got one with a user";
  const host = normaliseHost(hostname.replace(/^\[|\]$/g, ""));
  // The parser has written every form of an IPv4 address as four numbers.
  if (host === undefined || host.includes(":") || /^[\d.]+$/.test(host)) {
    return "expected an https: URL with the name of a host, got one with an address or no host";
  }
  return !host.includes(".") || privateNames.test(host)
    ? "expected an https: URL of a public host, got one of a private network"
    : undefined;
}
