import { toFailure, type Failure } from "@gantry/contracts/errors";

/**
 * Turns what the CLI reports of a failed model call into a failure for the client. The upstream's own sentence is
 * passed on for refused requests alone, where it tells the client what to change; the CLI's advice to its user is not.
 */
export function toUpstreamFailure(
  status: number | null | undefined,
  text: string | undefined,
  retryAfterMs?: number,
): Failure {
  const details = {
    ...(typeof status === "number" ? { upstreamStatus: status } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  if (isUsageLimit(text)) return toFailure("upstream_usage_limit", undefined, details);
  if (status === null || status === undefined) {
    return toFailure("upstream_interrupted", "The connection to the model's provider was lost. Send the request again.");
  }
  if (status === 401 || status === 403) {
    return toFailure(
      "upstream_unauthorized",
      `The model's provider refused Gantry's credential (HTTP ${status}). The server's operator must check the API key or the login.`,
      details,
    );
  }
  if (status === 429) return toFailure("upstream_rate_limited", undefined, details);
  if (status === 529 || status === 503) return toFailure("upstream_overloaded", undefined, details);
  if (status >= 500) return toFailure("upstream_failed", `The model's provider failed (HTTP ${status}).`, details);
  return toRejection(status, toProviderSentence(text), details);
}

function toRejection(status: number, sentence: string, details: Partial<Failure>): Failure {
  if (status === 413 || /prompt is too long|too many tokens|context (window|length)/i.test(sentence)) {
    return toFailure("context_too_long", `The model's provider refused the conversation as too long. ${sentence}`.trim(), details);
  }
  return toFailure("upstream_rejected", `The model's provider refused the request (HTTP ${status}). ${sentence}`.trim(), details);
}

/** The CLI writes `API Error: 400 sentence`; some releases put JSON of the upstream's error there. */
function toProviderSentence(text: string | undefined): string {
  const sentence = (text ?? "").replace(/^(Failed to authenticate\. )?API Error:?\s*(\d{3})?\s*/, "").trim();
  // Anything that may name a path or an address of the server stays inside.
  return /https?:\/\/|127\.0\.0\.1|localhost|(^|\s)\/\w+\//.test(sentence) ? "" : sentence.slice(0, 500);
}

function isUsageLimit(text: string | undefined): boolean {
  return text !== undefined && /usage limit|hit your .*limit|limit reached/i.test(text);
}
