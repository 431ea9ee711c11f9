import { FailureError, toFailure } from "@gantry/contracts/errors";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Parses a request's body. Bytes that are no UTF-8 are refused, since they could not reach the model as they are. */
export function readJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw invalid("The body is empty; expected a JSON object.");
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    throw invalid("The body is not valid UTF-8.", cause);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(`The body is not valid JSON: ${toPlace(cause)}`, cause);
  }
}

// The engine's message may quote the body; its position is enough.
function toPlace(cause: unknown): string {
  const position = cause instanceof Error ? /at position \d+( \(line \d+ column \d+\))?/.exec(cause.message) : null;
  return position === null ? "it ends too early or holds something unexpected." : `unexpected content ${position[0]}.`;
}

function invalid(message: string, cause?: unknown): FailureError {
  return new FailureError(toFailure("invalid_request", message, { param: "body" }), { cause });
}
