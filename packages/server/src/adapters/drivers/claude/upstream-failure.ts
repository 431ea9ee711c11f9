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
    return toFailure(
      "upstream_interrupted",
      "The connection to the model's provider was lost. Send the request again.",
    );
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
  // Both pass by themselves, and the CLI has tried again already.
  if (status === 408 || status === 409 || status >= 500)
    return toFailure("upstream_failed", `The model's provider failed (HTTP ${status}).`, details);
  return toRejection(status, text ?? "", details);
}

function toRejection(status: number, text: string, details: Partial<Failure>): Failure {
  const sentence = toProviderSentence(text);
  if (status === 413 || /prompt is too long|too many tokens|context (window|length)/i.test(text)) {
    return toFailure(
      "context_too_long",
      `The model's provider refused the conversation as too long. ${sentence}`.trim(),
      details,
    );
  }
  return toFailure(
    "upstream_rejected",
    `The model's provider refused the request (HTTP ${status}). ${sentence}`.trim(),
    details,
  );
}

/** Addresses, paths with a root, hosts with a port: what may tell of the server rather than of the request. */
const revealing =
  /\w:\/\/|(^|\W)\/[\w.]|\b[a-z]:\\|\\\\|\b\d{1,3}(\.\d{1,3}){3}\b|::|\blocalhost\b|\b[\w-]+(\.[\w-]+)*:\d{2,5}\b/i;

/** The CLI writes `API Error: 400 sentence` of the provider's own; what begins otherwise is its advice to its user. */
function toProviderSentence(text: string): string {
  const sentence = /^API Error:? \d{3} (.+)$/s.exec(text)?.[1]?.trim() ?? "";
  return revealing.test(sentence) ? "" : sentence.slice(0, 500);
}

function isUsageLimit(text: string | undefined): boolean {
  return text !== undefined && /usage limit|hit your .*limit|limit reached/i.test(text);
}
