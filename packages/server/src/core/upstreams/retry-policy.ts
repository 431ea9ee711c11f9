import type { UpstreamError } from "../ports/upstream-client.ts";
import { readRetryAfter } from "./read-retry-after.ts";

/** What may be done about a try that failed. Only of use where nothing of it has been passed on. */
export interface Judgement {
  /** The same request may be tried again at this upstream. */
  readonly again: boolean;
  /** Another upstream may be asked. */
  readonly elsewhere: boolean;
  /** It says something of the upstream's health. */
  readonly isIll: boolean;
  /** It is about our credential: the credential is wrong, it may not do this, or it has done too much. */
  readonly credential?: "wrong" | "forbidden" | "limited";
  /** How long the upstream asks to wait. */
  readonly retryAfterMs?: number;
}

export interface RetryRules {
  readonly firstBackoffMs: number;
  readonly longestBackoffMs: number;
  /** An upstream that asks for a longer wait is not waited for: the client is told instead. */
  readonly longestWaitMs: number;
}

export const defaultRetryRules: RetryRules = { firstBackoffMs: 500, longestBackoffMs: 8_000, longestWaitMs: 10_000 };

/** What passes of itself: a request that came too late, a fault, overload. The vendors' own clients try these again too. */
function isPassing(status: number): boolean {
  return status === 408 || (status >= 500 && status !== 501 && status !== 505);
}

/** Judges an answer of status 400 or above. `headers` in lower case. */
export function judgeAnswer(
  status: number,
  headers: Readonly<Record<string, string>>,
  rules: RetryRules = defaultRetryRules,
): Judgement {
  const retryAfterMs = readRetryAfter(headers);
  const isShort = (retryAfterMs ?? 0) <= rules.longestWaitMs;
  const wish = headers["x-should-retry"];
  // A limit without a time to wait may be of an account that is empty.
  const mayPass = isPassing(status) || (status === 429 && retryAfterMs !== undefined) || wish === "true";
  const credential = toCredentialTrouble(status);
  return {
    again: mayPass && isShort && wish !== "false",
    elsewhere: isPassing(status) || status === 429 || status === 401,
    isIll: isPassing(status) || status === 401,
    ...(credential === undefined ? {} : { credential }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function toCredentialTrouble(status: number): Judgement["credential"] {
  if (status === 401) return "wrong";
  if (status === 403) return "forbidden";
  return status === 429 ? "limited" : undefined;
}

/** Judges an exchange that broke before any of its answer was passed on. */
export function judgeBreak({ kind }: UpstreamError): Judgement {
  switch (kind) {
    case "connect":
    case "broken":
      return { again: true, elsewhere: true, isIll: true };
    // It has taken its time already, and may still be at it.
    case "headers_timeout":
    case "first_byte_timeout":
    case "silence_timeout":
      return { again: false, elsewhere: true, isIll: true };
    case "redirected":
    case "compressed":
      return { again: false, elsewhere: false, isIll: false };
  }
}

/**
 * How long to wait before the next try, in milliseconds; `tried` counts from 1, `random` gives from 0 up to below 1. Exponential
 * with full jitter. A wait that the upstream asks for is kept, and only added to, so that not all come back at once.
 */
export function toBackoffMs(
  tried: number,
  retryAfterMs: number | undefined,
  random: () => number,
  rules: RetryRules = defaultRetryRules,
): number {
  const most = Math.min(rules.longestBackoffMs, rules.firstBackoffMs * 2 ** Math.min(tried - 1, 30));
  if (retryAfterMs === undefined) return Math.round(random() * most);
  return retryAfterMs + Math.round(random() * rules.firstBackoffMs);
}
