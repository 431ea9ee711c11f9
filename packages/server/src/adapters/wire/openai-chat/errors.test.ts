import { test } from "node:test";
import assert from "node:assert/strict";
import OpenAI from "openai";
import { errorCatalogue, toFailure, type ErrorCode, type Failure } from "@gantry/contracts/errors";
import { encodeOpenAiError } from "./errors.ts";

const codes = Object.keys(errorCatalogue).filter((code): code is ErrorCode => code in errorCatalogue);

test("a failure becomes OpenAI's error object", () => {
  assert.deepEqual(
    encodeOpenAiError(toFailure("model_not_found", "No model x.", { param: "model", upstreamStatus: 404 })),
    {
      status: 404,
      headers: { "x-should-retry": "false" },
      body: {
        error: { message: "No model x.", type: "invalid_request_error", param: "model", code: "model_not_found" },
      },
    },
  );
});

test("the type follows the status", () => {
  const types: Readonly<Record<number, string>> = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "invalid_request_error",
    405: "invalid_request_error",
    408: "invalid_request_error",
    409: "invalid_request_error",
    413: "invalid_request_error",
    415: "invalid_request_error",
    429: "rate_limit_error",
    500: "server_error",
    501: "server_error",
    502: "server_error",
    503: "server_error",
    504: "server_error",
  };
  for (const code of codes) {
    const { status, body } = encodeOpenAiError(toFailure(code));
    assert.equal(body.error.type, types[status], code);
    assert.equal(body.error.param, null);
  }
});

test("every code says whether to retry, and a retryable 429 or 503 when", () => {
  for (const code of codes) {
    const { status, retryable } = errorCatalogue[code];
    const { headers } = encodeOpenAiError(toFailure(code));
    assert.equal(headers["x-should-retry"], String(retryable), code);
    assert.equal(headers["retry-after"], retryable && (status === 429 || status === 503) ? "1" : undefined, code);
    assert.equal(headers["retry-after-ms"], undefined, code);
  }
});

test("a known wait is sent in milliseconds and in whole seconds, and never above a day", () => {
  const waitOf = (retryAfterMs: number) => {
    const { headers } = encodeOpenAiError(toFailure("upstream_usage_limit", undefined, { retryAfterMs }));
    return [headers["retry-after"], headers["retry-after-ms"]];
  };
  assert.deepEqual(waitOf(1), ["1", "1"]);
  assert.deepEqual(waitOf(1000), ["1", "1000"]);
  assert.deepEqual(waitOf(1000.5), ["2", "1001"]);
  assert.deepEqual(waitOf(0), ["0", "0"]);
  assert.deepEqual(waitOf(-5), ["0", "0"]);
  assert.deepEqual(waitOf(90_000_000), ["86400", "86400000"]);
  assert.deepEqual(waitOf(Infinity), ["86400", "86400000"]);
  assert.deepEqual(waitOf(Number.NaN), [undefined, undefined]);
});

/** The official client, with a function in the network's place. */
function askThrough(answer: () => Response): Promise<unknown> {
  const client = new OpenAI({ apiKey: "none", baseURL: "http://127.0.0.1/v1", fetch: async () => answer() });
  return client.chat.completions.create({ model: "m", messages: [{ role: "user", content: "hi" }] });
}

function toResponse(failure: Failure): Response {
  const { status, headers, body } = encodeOpenAiError(failure);
  return Response.json(body, { status, headers });
}

test("the official client throws its own error class with our code, and retries only where we say so", async () => {
  const cases: readonly [ErrorCode, new (...args: never[]) => Error, number][] = [
    ["invalid_request", OpenAI.BadRequestError, 1],
    ["unauthorized", OpenAI.AuthenticationError, 1],
    ["model_not_found", OpenAI.NotFoundError, 1],
    ["upstream_usage_limit", OpenAI.RateLimitError, 1],
    ["queue_full", OpenAI.RateLimitError, 3],
    ["upstream_unauthorized", OpenAI.InternalServerError, 1],
    ["upstream_failed", OpenAI.InternalServerError, 3],
  ];
  for (const [code, errorClass, expectedTries] of cases) {
    let tries = 0;
    const answer = () => {
      tries += 1;
      return toResponse(toFailure(code, "What happened.", { param: "model", retryAfterMs: 1 }));
    };
    await assert.rejects(askThrough(answer), (error) => {
      assert.ok(error instanceof errorClass && error instanceof OpenAI.APIError, code);
      assert.deepEqual([error.code, error.param], [code, "model"]);
      assert.match(error.message, /What happened\./);
      return true;
    });
    assert.equal(tries, expectedTries, code);
  }
});
