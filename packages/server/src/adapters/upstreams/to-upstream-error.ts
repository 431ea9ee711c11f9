import { UpstreamError } from "../../core/ports/upstream-client.ts";

/**
 * Says of an error of the connection what it means for the exchange. `isSent`: part of the request may have reached the upstream.
 * A request that could not be written at all is a bug and stays what it is. Messages hold no address and nothing that was sent.
 */
export function toUpstreamError(error: Error, isSent: boolean): Error {
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED") {
    // Once it is sent, it can only be the proxy that asks for its own credential.
    return isSent ? new UpstreamError("connect", "the proxy refused (HTTP 407)", { cause: error }) : error;
  }
  if (!isSent) return new UpstreamError("connect", `no connection (${code})`, { cause: error });
  // A parser's error holds the bytes that it could not read.
  const cause = code.startsWith("HPE_") ? {} : { cause: error };
  return new UpstreamError("broken", `the connection broke off (${code})`, cause);
}
