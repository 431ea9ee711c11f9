import type { ServerResponse } from "node:http";

const errorTypes = new Map([
  [401, "authentication_error"],
  [402, "billing_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [413, "request_too_large"],
  [429, "rate_limit_error"],
  [504, "timeout_error"],
  [529, "overloaded_error"],
]);

/** Answers with an error in the Messages API's shape; the type follows from the status. */
export function sendApiError(
  response: ServerResponse,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const type = errorTypes.get(status) ?? (status < 500 ? "invalid_request_error" : "api_error");
  sendJson(
    response,
    status,
    { type: "error", error: { type, message }, request_id: response.getHeader("request-id") },
    headers,
  );
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}
