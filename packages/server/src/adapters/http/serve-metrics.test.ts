import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Scope } from "@gantry/contracts/access";
import { FailureError } from "@gantry/contracts/errors";
import Fastify from "fastify";
import type { Principal } from "../../core/access/principal.ts";
import { addMetricsRoute } from "./serve-metrics.ts";

function createServer(context: TestContext, scopes: readonly Scope[]) {
  const app = Fastify({ logger: false });
  app.decorateRequest("principal");
  app.addHook("onRequest", async (request) => {
    // Its scopes are all that the route looks at.
    request.principal = { scopes } as Principal;
  });
  app.setErrorHandler((error, _request, reply) => {
    assert.ok(error instanceof FailureError);
    return reply.code(403).send({ code: error.failure.code });
  });
  addMetricsRoute(app, {
    text: { contentType: "text/plain; version=0.0.4; charset=utf-8", read: async () => "x 1\n" },
  });
  context.after(() => app.close());
  return app;
}

test("the figures are for keys with the scope admin", async (context) => {
  const { statusCode, headers, body } = await createServer(context, ["admin"]).inject({ url: "/metrics" });
  assert.equal(statusCode, 200);
  assert.equal(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(headers["cache-control"], "no-store");
  assert.equal(body, "x 1\n");
});

test("no other scope opens them", async (context) => {
  const scopes = ["inference", "tasks", "sessions", "approve"] as const;
  const { statusCode, body } = await createServer(context, scopes).inject({ url: "/metrics" });
  assert.equal(statusCode, 403);
  assert.deepEqual(JSON.parse(body), { code: "insufficient_scope" });
});
