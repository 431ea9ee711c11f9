import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import Anthropic, {
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  OverloadedError,
  PaymentRequiredError,
  PermissionDeniedError,
  RateLimitError,
  type APIError,
  type ClientOptions,
} from "@anthropic-ai/sdk";
import { createAdmin } from "../harness/admin.ts";
import { type ModelSource, toDemoSource, toScriptedSource } from "../harness/model-source.ts";
import { serverKeys, type ServedModels, startWithModels } from "../harness/start-with-models.ts";

const toRequest = (model: string, content: string) => ({
  model,
  max_tokens: 10,
  messages: [{ role: "user" as const, content }],
});

/** Asserts what the client makes of an error. `code` is the stable one; null for an error that is the upstream's own. */
function assertError(error: APIError, wanted: new (...args: never[]) => APIError, code: string | null): true {
  assert.ok(error instanceof wanted, String(error));
  assert.equal(error.errorCode, code, error.message);
  assert.match(error.requestID ?? "", /^req_/);
  return true;
}

describe("errors, as the official Anthropic client has them", () => {
  let served: ServedModels;
  before(async () => {
    served = await startWithModels({
      upstreams: ({ demo, chat }) => ({
        "demo-failing": { ...demo, retries: 0 },
        "chat-failing": { ...chat, retries: 0 },
      }),
      models: [
        { model: "demo-failing", to: ["demo-failing/claude-haiku-5-5"] },
        { model: "chat-failing", to: ["chat-failing/gpt-test"] },
      ],
    });
  });
  after(() => served.stop());

  /** A client, and how often it has asked. */
  function createClient(options: ClientOptions = {}) {
    const counted = { requests: 0 };
    const client = new Anthropic({
      baseURL: served.gantry.url,
      apiKey: served.gantry.key,
      maxRetries: 0,
      fetch(input, init) {
        counted.requests += 1;
        return fetch(input, init);
      },
      ...options,
    });
    return { client, counted };
  }

  for (const model of ["demo-failing", "chat-failing"]) {
    describe(model, () => {
      const isPassed = model === "demo-failing";
      let source: ModelSource;
      before(() => {
        source = isPassed ? toDemoSource(served.demo) : toScriptedSource(served.scripted);
      });

      for (const [status, wanted, code] of [
        [400, BadRequestError, "upstream_rejected"],
        [404, NotFoundError, "model_not_found"],
        [429, RateLimitError, "upstream_rate_limited"],
        [500, InternalServerError, "upstream_failed"],
        [529, OverloadedError, "upstream_overloaded"],
      ] as const) {
        test(`an upstream's ${status} is an error of its class`, async () => {
          const { client } = createClient();
          const request = toRequest(model, source.plan({ refuse: status }));
          for (const stream of [false, true]) {
            await assert.rejects(client.messages.create({ ...request, stream }), (error: APIError) => {
              if (isPassed) assert.match(error.apiMessage ?? "", new RegExp(`told to answer ${status}`));
              return assertError(error, wanted, isPassed ? null : code);
            });
          }
        });
      }

      test("what may pass is tried again, by the client too, and nothing else is", async () => {
        for (const [refuse, requests] of [
          [429, 3],
          [400, 1],
        ] as const) {
          const { client, counted } = createClient({ maxRetries: 2 });
          const before = source.calls;
          await assert.rejects(client.messages.create(toRequest(model, source.plan({ refuse, retryAfter: 0 }))));
          assert.deepEqual([counted.requests, source.calls - before], [requests, requests]);
        }
      });

      test("an upstream that refuses the server's key is no fault of the client's", async () => {
        const { client, counted } = createClient({ maxRetries: 2 });
        const request = toRequest(model, source.plan({ refuse: 401 }));
        await assert.rejects(client.messages.create(request), (error: APIError) => {
          assert.equal(error.status, 502);
          return assertError(error, InternalServerError, "upstream_unauthorized");
        });
        assert.equal(counted.requests, 1);
      });
    });
  }

  test("what is wrong with a key, a model, a budget or a request is told before any upstream is asked", async () => {
    const admin = createAdmin(served.gantry);
    const { key: narrow } = await admin.createKey({ profile: "pro" });
    const { key: poor, id } = await admin.createKey();
    await admin.createBudget({ subject: "key", subjectId: id, limit: 0 });
    const opus = toRequest("claude-opus-5-5", "x");
    const asked = served.demo.calls.length + served.scripted.calls.length;
    for (const [apiKey, request, wanted, type, code] of [
      ["gk_wrong", opus, AuthenticationError, "authentication_error", "unauthorized"],
      [serverKeys.anthropic, opus, AuthenticationError, "authentication_error", "unauthorized"],
      [narrow, opus, PermissionDeniedError, "permission_error", "forbidden"],
      [poor, opus, PaymentRequiredError, "billing_error", "budget_exceeded"],
      [served.gantry.key, { ...opus, model: "" }, BadRequestError, "invalid_request_error", "invalid_request"],
      [
        served.gantry.key,
        { ...opus, model: "gpt-test", messages: [] },
        BadRequestError,
        "invalid_request_error",
        "invalid_request",
      ],
    ] as const) {
      const { client, counted } = createClient({ apiKey, maxRetries: 2 });
      await assert.rejects(
        client.messages.create({ ...request, messages: [...request.messages] }),
        (error: APIError) => {
          assert.equal(error.type, type);
          return assertError(error, wanted, code);
        },
      );
      assert.equal(counted.requests, 1, "none of it passes by itself");
    }
    assert.equal(served.demo.calls.length + served.scripted.calls.length, asked);
  });
});
