import { errorCatalogue, type Failure } from "@gantry/contracts/errors";

/** An error as it stands in a response. The vendor's codes are few; our own stands in front of the sentence. */
export interface ResponseError {
  readonly code: "server_error" | "rate_limit_exceeded" | "invalid_prompt";
  readonly message: string;
}

export function toResponseError({ code, message }: Failure): ResponseError {
  const { status } = errorCatalogue[code];
  const told = status === 429 ? "rate_limit_exceeded" : status >= 500 ? "server_error" : "invalid_prompt";
  return { code: told, message: `${code}: ${message}` };
}
