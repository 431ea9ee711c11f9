import { toFailure, type Failure } from "@gantry/contracts/errors";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { CompletionFormat } from "../../core/ports/wire-format.ts";

/** Answers on the bare connection what is no HTTP request, or did not arrive in time; then the connection ends. */
export function answerBrokenRequest(
  error: Error & { readonly code?: string },
  socket: Socket,
  chat: CompletionFormat,
): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const { status, headers, body } = chat.encodeError(toBrokenFailure(error.code));
  const text = JSON.stringify(body);
  const fields = {
    ...headers,
    "content-type": "application/json; charset=utf-8",
    "content-length": String(Buffer.byteLength(text)),
    connection: "close",
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("\r\n")}\r\n\r\n${text}`);
}

function toBrokenFailure(code: string | undefined): Failure {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return toFailure("request_timeout");
  if (code === "HPE_HEADER_OVERFLOW") return toFailure("invalid_request", "The request's headers are too long.");
  return toFailure("invalid_request", "This is no HTTP request.");
}
