import type { AddedHeader } from "./egress-parts.ts";

/** About one connection alone, and so never passed on; `host` and what frames the body are written anew. */
const ofConnection = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

/** Header fields as Node gives and takes them raw: name, value, name, value, … */
export function toForwarded(raw: readonly string[], dropped: readonly string[] = []): string[] {
  const pairs = Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index] ?? "", raw[2 * index + 1] ?? ""]);
  const named = pairs
    .filter(([name = ""]) => name.toLowerCase() === "connection")
    .flatMap(([, value = ""]) =>
      value
        .toLowerCase()
        .split(",")
        .map((token) => token.trim()),
    );
  const out = new Set([...named, ...dropped]);
  // Without its length a body would have another end for the next reader.
  out.delete("content-length");
  return pairs.filter(([name = ""]) => !ofConnection.has(name.toLowerCase()) && !out.has(name.toLowerCase())).flat();
}

/** The head of a request for its host: one `Host`, the length of the body as it came, and the server's own header last. */
export function toRequestHead(
  raw: readonly string[],
  {
    host,
    isChunked,
    added,
  }: { readonly host: string; readonly isChunked: boolean; readonly added?: AddedHeader | undefined },
): string[] {
  const dropped = ["host", ...(added === undefined ? [] : [added.name])];
  return [
    "Host",
    host,
    ...toForwarded(raw, dropped),
    ...(isChunked ? ["Transfer-Encoding", "chunked"] : []),
    ...(added === undefined ? [] : [added.name, added.value]),
    // A connection of this request alone: no other can be slipped in behind it.
    "Connection",
    "close",
  ];
}
