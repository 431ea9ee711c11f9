import type { Failure } from "@gantry/contracts/errors";
import { readRetryAfter } from "../../core/upstreams/read-retry-after.ts";
import { toUpstreamFailure } from "../../core/upstreams/to-upstream-failure.ts";

/** What an answer with an error status says, in any provider's shape. `headers` in lower case. */
export function decodeProviderError(status: number, headers: Readonly<Record<string, string>>, body: string): Failure {
  const error = readError(parseJson(body));
  return toUpstreamFailure({ status, kind: error.kind, message: error.message, retryAfterMs: readRetryAfter(headers) });
}

/** What an error in the middle of an answer says: the event's JSON, or the `error` in it. */
export function decodeStreamedError(value: unknown): Failure {
  return toUpstreamFailure(readError(value));
}

/**
 * `{error: {message, type, code}}` is what most providers send, and in a stream the inner object alone may come; some put
 * a sentence in its place, or `message` or `detail` at the top. A `code` may be a status (vLLM, OpenRouter).
 */
function readError(value: unknown): { status: number | undefined; kind: string; message: string } {
  // Some put the whole into a list of one (Gemini).
  const outer = toRecord(Array.isArray(value) ? value[0] : value);
  const given = outer["error"];
  const inner = isRecord(given) ? given : outer;
  const words = [inner["type"], inner["code"], inner["status"]].filter((word) => typeof word === "string");
  const sentence = [typeof given === "string" ? given : undefined, inner["message"], inner["detail"], value].find(
    (text) => typeof text === "string",
  );
  const status = [inner["code"], inner["status"]].map(Number).find(isErrorStatus);
  return { status, kind: words.join(" "), message: typeof sentence === "string" ? sentence : "" };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A page of a proxy in between, or a plain sentence: neither tells a client anything it can use.
    return undefined;
  }
}

const isErrorStatus = (value: number) => Number.isInteger(value) && value >= 400 && value <= 599;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const toRecord = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {});
