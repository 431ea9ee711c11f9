import { createHash } from "node:crypto";
import type { Clock } from "../../../core/ports/clock.ts";
import type { MessagesRequest } from "./messages-request.ts";
import { toPromptSegments, toTokens } from "./token-count.ts";

/** Input figures as the Messages API reports them. The first three do not overlap. */
export interface InputUsage {
  readonly input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation: {
    readonly ephemeral_5m_input_tokens: number;
    readonly ephemeral_1h_input_tokens: number;
  };
}

export interface PromptCache {
  /** Computes the input figures of one request and remembers its cached prefixes. */
  account(request: MessagesRequest): InputUsage;
}

const lifetimeMs = { "5m": 300_000, "1h": 3_600_000 } as const;

/**
 * Plays the vendor's prompt cache. A prefix is everything (model, tools, system, messages) up to and including a block
 * with `cache_control`. Of a request, the longest prefix remembered from an earlier one counts as read, wherever in
 * front of the last `cache_control` it ends; what lies between it and the last `cache_control` counts as written, each part
 * with the lifetime of the `cache_control` that ends it; the rest is plain input. A prefix is remembered for 5 minutes or
 * an hour from its last use, and the oldest are forgotten beyond `capacity`. Unlike the vendor's, no prefix is too short.
 */
export function createPromptCache(clock: Clock, capacity = 4_096): PromptCache {
  /** Expiry by digest of the prefix; the longest unused come first. */
  const expiries = new Map<string, number>();

  function remember(digest: string, lifetime: "5m" | "1h"): void {
    expiries.delete(digest);
    expiries.set(digest, clock.now() + lifetimeMs[lifetime]);
    for (const oldest of expiries.keys()) {
      if (expiries.size <= capacity) break;
      expiries.delete(oldest);
    }
  }

  return {
    account(request) {
      const { boundaries, totalBytes } = findBoundaries(request);
      const now = clock.now();
      const read = boundaries.findLast(({ digest }) => (expiries.get(digest) ?? 0) > now)?.tokens ?? 0;
      const written = { "5m": 0, "1h": 0 };
      let counted = read;
      for (const { digest, tokens, cacheFor } of boundaries) {
        if (cacheFor === undefined) continue;
        written[cacheFor] += Math.max(0, tokens - counted);
        counted = Math.max(counted, tokens);
        remember(digest, cacheFor);
      }
      return {
        input_tokens: Math.max(1, toTokens(totalBytes)) - counted,
        cache_creation_input_tokens: written["5m"] + written["1h"],
        cache_read_input_tokens: read,
        cache_creation: { ephemeral_5m_input_tokens: written["5m"], ephemeral_1h_input_tokens: written["1h"] },
      };
    },
  };
}

interface Boundary {
  readonly digest: string;
  /** Tokens of everything up to here. */
  readonly tokens: number;
  readonly cacheFor: "5m" | "1h" | undefined;
}

/** The ends of all blocks up to the last `cache_control`, with a digest of all that stands before each. */
function findBoundaries(request: MessagesRequest): { boundaries: Boundary[]; totalBytes: number } {
  const segments = toPromptSegments(request);
  const last = segments.findLastIndex(({ cacheFor }) => cacheFor !== undefined);
  const hash = createHash("sha256").update(request.model);
  const boundaries: Boundary[] = [];
  let totalBytes = 0;
  for (const [index, { json, place, bytes, cacheFor }] of segments.entries()) {
    totalBytes += bytes;
    if (index > last) continue;
    hash.update(`\n${place} ${json}`);
    boundaries.push({ digest: hash.copy().digest("base64"), tokens: toTokens(totalBytes), cacheFor });
  }
  return { boundaries, totalBytes };
}
