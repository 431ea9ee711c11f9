import assert from "node:assert/strict";
import { errorCatalogue, type ErrorCode } from "@gantry/contracts/errors";
import type { ChatReply } from "./chat.ts";

/** Asserts that the reply is one error of this code in OpenAI's shape: as the whole body, or as the stream's last word. */
export function assertChatError(reply: ChatReply, code: ErrorCode): void {
  const { error, raw, headers, status } = reply;
  assert.equal(error?.code, code, raw);
  const expected = errorCatalogue[code];
  assert.deepEqual(Object.keys(error).toSorted(), ["code", "message", "param", "type"]);
  assert.ok(error.message.length > 10, error.message);
  assert.equal(error.type, toType(expected.status));
  assert.equal(raw.split('"error"').length, 2, "the error comes once");
  assert.equal(reply.done, false, "a failed answer is not called done");
  if (reply.chunks.length === 0) {
    assert.equal(status, expected.status);
    assert.equal(headers.get("x-should-retry"), String(expected.retryable));
  }
  assertDiscreet(reply);
}

/** Asserts that nothing of the server's or the CLI's inner life shows. */
export function assertDiscreet({ raw, headers }: Pick<ChatReply, "raw" | "headers">): void {
  const shown = `${raw}\n${JSON.stringify([...headers])}`;
  assert.doesNotMatch(shown, /secret|\/opt\/|\/tmp\/|\/home\/|node_modules|\.ts\b|\.mjs\b|\n\s+at |127\.0\.0\.1/);
}

function toType(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}
