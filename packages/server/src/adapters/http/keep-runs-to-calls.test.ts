import assert from "node:assert/strict";
import { test } from "node:test";
import { adminOperations } from "./admin/admin-operations.ts";
import { startTestServer } from "./test-server.ts";

test("the token of a run is refused at every address but those of model calls, whatever else is wrong", async (t) => {
  const server = await startTestServer(t, () => assert.fail("a run's token reached an agent"));
  const operations = Object.values(adminOperations).map(({ method, path }) => [method, path.replaceAll(/:\w+/g, "x")]);
  const others = [
    ["POST", "/v1/chat/completions"],
    ["GET", "/v1/models"],
    ["GET", "/v1/models/one"],
    ["GET", "/metrics"],
    ["GET", "/v1/messages"],
    ["GET", "/nonesuch"],
    ["POST", "/nonesuch"],
  ];
  for (const [method = "", path = ""] of [...operations, ...others]) {
    const headers = { authorization: "Bearer run", "content-type": "text/plain" };
    const response = await server.get(path, { method, headers, ...(method !== "GET" && { body: "{" }) });
    const { error } = (await response.json()) as { error: { code?: string; type: string } };
    assert.equal(response.status, 403, `${method} ${path}`);
    assert.equal(error.code ?? error.type, path === "/v1/messages" ? "permission_error" : "insufficient_scope");
  }
});

test("what is open to all is open to a run's token, and a route of model calls takes it", async (t) => {
  const server = await startTestServer(t, () => assert.fail("a run's token reached an agent"));
  const headers = { authorization: "Bearer run", "content-type": "text/plain" };
  assert.equal((await server.get("/health", { headers })).status, 200);
  for (const path of ["/v1/messages", "/v1/messages/count_tokens"]) {
    const response = await server.get(path, { method: "POST", headers, body: "{" });
    assert.equal(response.status, 415, path);
  }
});
