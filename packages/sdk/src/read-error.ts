import { GantryError, isServerCode, type GantryErrorDetails } from "./gantry-error.ts";
import { readRetryAfter } from "./retry.ts";

const longestMessage = 2_000;

/** The error that an answer with another status than 2xx tells, in the form of any of the server's dialects. */
export function readError(status: number, headers: Headers, body: string): GantryError {
  const wish = headers.get("x-should-retry");
  const details = {
    status,
    requestId: headers.get("x-request-id") ?? undefined,
    retryAfterMs: readRetryAfter(headers),
    retryable: wish === "true" ? true : wish === "false" ? false : undefined,
  };
  return (
    toError(parseJson(body), details) ??
    new GantryError("unexpected_answer", `The server answered ${status} with something that is no error of Gantry.`, {
      ...details,
      retryable: details.retryable ?? mayPass(status),
    })
  );
}

/** The error in an answer's body or in an event of a stream; undefined where it is none of Gantry's. */
export function toError(value: unknown, details: GantryErrorDetails = {}): GantryError | undefined {
  const error = fieldOf(value, "error");
  const message = fieldOf(error, "message");
  // OpenAI's form has the code in `code`, Anthropic's in `details`; the field at fault is beside it.
  const code = [fieldOf(fieldOf(error, "details"), "error_code"), fieldOf(error, "code")].find(isServerCode);
  if (code === undefined || typeof message !== "string") return undefined;
  const param = fieldOf(error, "param") ?? fieldOf(fieldOf(error, "details"), "param");
  return new GantryError(code, message.slice(0, longestMessage), {
    ...details,
    ...(typeof param === "string" && { param }),
  });
}

/** What a status says of itself, where nothing else does. */
function mayPass(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Own fields alone: a body may hold anything. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
