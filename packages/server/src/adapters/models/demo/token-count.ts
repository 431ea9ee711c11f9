import { parseSource } from "./messages-request.ts";
import type { MessagesRequest, RequestBlock } from "./messages-request.ts";

const bytesPerToken = 4;
/** What an image's or a document's inline data counts, whatever its size: 1,500 tokens. */
const mediaBytes = 6_000;

/** The one rule of the demo model: four bytes of UTF-8 are a token, and a started token counts. */
export function toTokens(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken);
}

/** The most bytes that still fit into that many tokens. */
export function toBytes(tokens: number): number {
  return tokens * bytesPerToken;
}

/** One piece of a prompt in the order in which the vendor caches it: tools, then system, then messages. */
export interface PromptSegment {
  /** Compact JSON of the block without its `cache_control`, keys in the order sent. */
  readonly json: string;
  /** Where the piece stands: `tool`, `system` or the message's role. Not counted. */
  readonly place: string;
  /** Length that counts: of the JSON in UTF-8, with inline media at a flat rate. */
  readonly bytes: number;
  /** Set where the piece ends a cached prefix. */
  readonly cacheFor?: "5m" | "1h";
}

/** Cuts a request into the pieces that its input figures are computed from. */
export function toPromptSegments(request: MessagesRequest): PromptSegment[] {
  return [
    ...request.tools.map((tool) => toSegment("tool", tool)),
    ...request.system.map((block) => toSegment("system", block)),
    ...request.messages.flatMap(({ role, content }) => content.map((block) => toSegment(role, block))),
  ];
}

/** Input tokens of a whole request, cached or not; at least 1. */
export function countInputTokens(request: MessagesRequest): number {
  const bytes = toPromptSegments(request).reduce((sum, segment) => sum + segment.bytes, 0);
  return Math.max(1, toTokens(bytes));
}

function toSegment(place: string, piece: MessagesRequest["tools"][number] | RequestBlock): PromptSegment {
  const { cache_control: control, ...rest } = piece;
  const json = JSON.stringify(rest);
  const segment = { json, place, bytes: Buffer.byteLength(json) - excessOfMedia(rest) };
  if (typeof control !== "object" || control === null) return segment;
  return { ...segment, cacheFor: "ttl" in control && control.ttl === "1h" ? "1h" : "5m" };
}

function excessOfMedia(piece: object): number {
  const source =
    "type" in piece && typeof piece.type === "string" ? parseSource({ ...piece, type: piece.type }) : undefined;
  return source?.type === "base64" ? (source.data?.length ?? 0) - mediaBytes : 0;
}
