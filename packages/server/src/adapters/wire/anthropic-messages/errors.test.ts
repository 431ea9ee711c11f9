import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { errorCatalogue, toFailure, type ErrorCode } from "@gantry/contracts/errors";
import { encodeMessagesError } from "./errors.ts";
import { call, startClient } from "./test-client.ts";

const codes = Object.keys(errorCatalogue).filter((code): code is ErrorCode => code in errorCatalogue);

test("a failure becomes Anthropic's error object, with our code where its clients look for one", () => {
  assert.deepEqual(encodeMessagesError(toFailure("model_not_found", "No model x.", { param: "model" })), {
    status: 404,
    headers: { "x-should-retry": "false" },
    body: {
      type: "error",
      error: {
        type: "not_found_error",
        message: "No model x.",
        details: { error_code: "model_not_found", param: "model" },
      },
    },
  });
});

test("the type follows the status", () => {
  const types: Readonly<Record<number, string>> = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    408: "invalid_request_error",
    409: "conflict_error",
    413: "request_too_large",
    415: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    501: "api_error",
    502: "api_error",
    503: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
  };
  for (const code of codes) {
    const { status, body } = encodeMessagesError(toFailure(code));
    assert.equal(body.error.type, types[status], code);
  }
});

test("a budget that is used up and a model that is overloaded have the vendor's own statuses", () => {
  const statusOf = (code: ErrorCode) => encodeMessagesError(toFailure(code)).status;
  assert.equal(statusOf("budget_exceeded"), 402);
  assert.equal(statusOf("upstream_overloaded"), 529);
  const others = codes.filter((code) => code !== "budget_exceeded" && code !== "upstream_overloaded");
  for (const code of others) assert.equal(statusOf(code), errorCatalogue[code].status, code);
});

test("the official client throws its own error class with our code, and retries only where we say so", async (context) => {
  const cases: readonly [ErrorCode, new (...args: never[]) => Error, number][] = [
    ["invalid_request", Anthropic.BadRequestError, 1],
    ["unauthorized", Anthropic.AuthenticationError, 1],
    ["budget_exceeded", Anthropic.APIError, 1],
    ["model_not_found", Anthropic.NotFoundError, 1],
    ["upstream_usage_limit", Anthropic.RateLimitError, 1],
    ["queue_full", Anthropic.RateLimitError, 2],
    ["upstream_unauthorized", Anthropic.InternalServerError, 1],
    ["upstream_overloaded", Anthropic.InternalServerError, 2],
  ];
  for (const [code, errorClass, expectedTries] of cases) {
    const { status, headers, body } = encodeMessagesError(toFailure(code, "What happened.", { retryAfterMs: 1 }));
    let tries = 0;
    const answer = (response: ServerResponse) => {
      tries += 1;
      response.writeHead(status, { ...headers, "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    const client = await startClient(context, answer, { maxRetries: 1 });
    await assert.rejects(client.messages.create(call), (error) => {
      assert.ok(error instanceof errorClass && error instanceof Anthropic.APIError, code);
      assert.deepEqual([error.status, error.errorCode, error.apiMessage], [status, code, "What happened."]);
      return true;
    });
    assert.equal(tries, expectedTries, code);
  }
});

test("the refusal of a thread is told by the code at which clients send their whole conversation", () => {
  const failure = toFailure("unsupported_feature", "thread: it cannot be carried", { param: "thread" });
  const { status, body } = encodeMessagesError(failure);
  assert.equal(status, 400);
  const details = { error_code: "thread_unsupported_request", param: "thread", unsupported: ["thread"] };
  assert.deepEqual(body.error.details, details);
});
