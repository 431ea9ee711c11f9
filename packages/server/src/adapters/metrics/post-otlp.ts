/** Where the figures go; the headers, and the address, may hold secrets. */
export interface OtlpTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type PostOutcome =
  | { readonly kind: "taken" }
  /** The collector kept only a part, and says why. */
  | { readonly kind: "partly_taken"; readonly problem: string }
  /** Worth another try; `retryAfterMs` where the collector says when. */
  | { readonly kind: "unavailable"; readonly problem: string; readonly retryAfterMs?: number }
  | { readonly kind: "refused"; readonly problem: string };

/** By the specification of OTLP/HTTP, these alone are to be tried again. */
const passing = new Set([429, 502, 503, 504]);
/** A collector answers with a few bytes. */
const longestAnswer = 16_384;

/** Sends one request to a collector. Never rejects; `problem` holds nothing that the collector was sent. */
export async function postOtlp(
  { url, headers }: OtlpTarget,
  body: string,
  signal: AbortSignal,
  now: number,
): Promise<PostOutcome> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body,
      signal,
      // The headers are for this address alone.
      redirect: "manual",
    });
    const answer = await readStart(response);
    if (response.ok) return readPartialSuccess(answer);
    const problem = `the collector answered with HTTP ${response.status}`;
    if (!passing.has(response.status)) return { kind: "refused", problem };
    const retryAfterMs = readRetryAfter(response.headers.get("retry-after"), now);
    return { kind: "unavailable", problem, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  } catch (error) {
    return { kind: "unavailable", problem: signal.aborted ? "the collector did not answer in time" : toProblem(error) };
  }
}

async function readStart(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  // Leaving the loop cancels the rest of the body.
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= longestAnswer) break;
  }
  return text;
}

function readPartialSuccess(answer: string): PostOutcome {
  const rejected = /"rejectedDataPoints"\s*:\s*"?(\d{1,15})/.exec(answer)?.[1];
  if (rejected === undefined || Number(rejected) === 0) return { kind: "taken" };
  return { kind: "partly_taken", problem: `the collector refused ${rejected} figures` };
}

/** Seconds or a date, as HTTP has it. */
function readRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** The system's code says what is wrong without the address, which may hold a secret. */
function toProblem(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "no connection";
  return `the collector cannot be reached (${code})`;
}
