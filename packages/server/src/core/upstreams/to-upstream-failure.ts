import { toFailure, type ErrorCode, type Failure } from "@gantry/contracts/errors";
import { toShownSentence } from "./to-shown-sentence.ts";

/** What a provider said of a call that it did not serve. */
export interface ProviderError {
  /** The HTTP status; undefined where the error came in the middle of an answer. */
  readonly status: number | undefined;
  /** Words for what went wrong, such as its `type` and `code`. Read, never shown. */
  readonly kind?: string;
  /** Its sentence. Shown where the request is at fault and nothing in it tells of the server. */
  readonly message?: string;
  readonly retryAfterMs?: number | undefined;
}

/**
 * What a provider's error means for the client. The provider's own words go before its status, since several of them
 * give one status to very different things: a 429 for an empty account, a 400 or 403 for an unknown model.
 */
export function toUpstreamFailure({ status, kind = "", message = "", retryAfterMs }: ProviderError): Failure {
  const code = toCodeOfWords(status, kind, message) ?? toCodeOfStatus(status);
  return toFailure(code, toMessage(code, status, message), {
    ...(status === undefined ? {} : { upstreamStatus: status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** In the order in which they count. The words are of Anthropic, OpenAI, Azure, OpenRouter, vLLM, llama.cpp and Ollama. */
const kinds: readonly (readonly [ErrorCode, RegExp])[] = [
  ["upstream_usage_limit", /insufficient_quota|billing|insufficient_balance|usage_limit/],
  ["context_too_long", /context_length|context_window|exceed_context|request_too_large/],
  ["model_not_found", /model_not_found|deploymentnotfound/],
  ["upstream_rate_limited", /rate_limit|ratelimit|too_many_requests/],
  ["upstream_overloaded", /overloaded|slow_down/],
  ["upstream_unauthorized", /authentication|invalid_api_key|permission/],
];

/** Without a status nothing else tells whose fault it was. */
const kindsOfRejection = /invalid|bad_?request|unsupported|content_filter|policy|not_found|image/;

const tooLong =
  /prompt is too long|too many tokens|context (window|length|size|limit)|exceeds the maximum number of tokens/i;
const usedUp =
  /usage limit|hit your .{0,80}limit|(?<!rate )limit reached|credit balance is too low|exceeded your current quota/i;

function toCodeOfWords(status: number | undefined, kind: string, message: string): ErrorCode | undefined {
  const words = kind.toLowerCase();
  const known = kinds.find(([, pattern]) => pattern.test(words))?.[0];
  if (known !== undefined) return known;
  // The sentence of a provider that broke tells of itself, not of the request.
  if (status !== undefined && status >= 500) return undefined;
  const told = `${kind} ${message}`;
  if (usedUp.test(told)) return "upstream_usage_limit";
  if (status !== 429 && tooLong.test(told)) return "context_too_long";
  return status === undefined && kindsOfRejection.test(words) ? "upstream_rejected" : undefined;
}

function toCodeOfStatus(status: number | undefined): ErrorCode {
  switch (status) {
    case 401:
    case 403:
      return "upstream_unauthorized";
    case 402:
      return "upstream_usage_limit";
    case 404:
      return "model_not_found";
    case 413:
      return "context_too_long";
    case 429:
      return "upstream_rate_limited";
    case 503:
    case 529:
      return "upstream_overloaded";
    case 408:
    case 409:
      return "upstream_failed";
  }
  return status !== undefined && status >= 400 && status < 500 ? "upstream_rejected" : "upstream_failed";
}

function toMessage(code: ErrorCode, status: number | undefined, message: string): string | undefined {
  const http = status === undefined ? "" : ` (HTTP ${status})`;
  switch (code) {
    case "upstream_unauthorized":
      return `The model's provider refused Gantry's credential${http}. The server's operator must check the API key or the login.`;
    case "upstream_failed":
      return `The model's provider failed${http}.`;
    case "model_not_found":
      return "The model's provider does not know the model, or not for this credential.";
    case "context_too_long":
      return `The model's provider refused the conversation as too long. ${toShownSentence(message)}`.trim();
    case "upstream_rejected":
      return `The model's provider refused the request${http}. ${toShownSentence(message)}`.trim();
    default:
      return undefined;
  }
}
