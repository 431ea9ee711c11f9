import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertDiscreet } from "../harness/assert-chat-error.ts";
import { ask, chat } from "../harness/chat.ts";
import { connectRaw, toRawRequest } from "../harness/raw-client.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

const hello = { model: "haiku", messages: [{ role: "user", content: "[[demo:say hello]]" }] };

describe("who may ask, and at which address", () => {
  let gantry: Gantry;
  before(async () => {
    gantry = await startGantry();
  });
  after(() => gantry.stop());

  /** Sends a request with these headers alone. */
  const send = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    fetch(`${gantry.url}${path}`, { method, headers, ...(method === "POST" && { body: JSON.stringify(hello) }) });

  test("health and readiness are open to all, and tell nothing of the owner", async () => {
    for (const path of ["/health", "/ready", "/health?verbose=1"]) {
      const response = await send(path);
      assert.equal(response.status, 200, path);
      const raw = await response.text();
      assertDiscreet({ raw, headers: response.headers });
      assert.ok(!raw.includes(gantry.key.slice(0, 12)));
    }
  });

  test("every other address needs the key, and says so in the same words whether it exists or not", async () => {
    for (const [path, method] of [
      ["/v1/chat/completions", "POST"],
      ["/v1/chat/completions", "GET"],
      ["/v1/models", "GET"],
      ["/v1/models/haiku", "GET"],
      ["/", "GET"],
      ["/nonesuch", "GET"],
      ["/admin.key", "GET"],
      ["/health/../v1/models", "GET"],
      ["/Health", "GET"],
      ["//health", "GET"],
      ["/health", "POST"],
      ["/v1/models", "DELETE"],
      ["/v1/models", "OPTIONS"],
    ] as const) {
      const response = await send(path, { "content-type": "application/json" }, method);
      const { error } = (await response.json()) as { error: { code: string; type: string; message: string } };
      assert.equal(response.status, 401, `${method} ${path}`);
      assert.equal(error.code, "unauthorized");
      assert.equal(error.type, "authentication_error");
      assert.match(error.message, /^No key was sent/);
      assert.equal(response.headers.get("www-authenticate"), "Bearer");
      assert.equal(response.headers.get("x-should-retry"), "false");
    }
  });

  test("the key is taken from either header, and from nowhere else", async () => {
    const { key } = gantry;
    const good: Record<string, string>[] = [
      { authorization: `Bearer ${key}` },
      { authorization: `bearer ${key}` },
      { authorization: `Bearer   ${key}` },
      { "x-api-key": key },
      { "X-API-Key": key, authorization: "Basic Zm9vOmJhcg==" },
    ];
    for (const headers of good) assert.equal((await send("/v1/models", headers)).status, 200, JSON.stringify(headers));

    const wrong = key.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
    const bad: Record<string, string>[] = [
      { authorization: `Bearer ${wrong}` },
      { authorization: `Bearer ${key}x` },
      { authorization: `Bearer ${key.slice(0, -1)}` },
      { authorization: `Bearer ${key.toUpperCase()}` },
      { authorization: `Bearer ${key} ${key}` },
      { authorization: "Bearer " },
      { authorization: "Bearer" },
      { authorization: key },
      { authorization: `Basic ${key}` },
      { authorization: `Basic ${Buffer.from(`:${key}`).toString("base64")}` },
      { authorization: `Bearer ${wrong}`, "x-api-key": key },
      { "x-api-key": wrong },
      { "x-api-key": "" },
      { "x-api-key": `Bearer ${key}` },
      { "x-api-key": `${key}, ${key}` },
      { cookie: `key=${key}` },
      { "x-api-key": "x".repeat(8000) },
    ];
    for (const headers of bad) {
      const response = await send("/v1/models", headers);
      const raw = await response.text();
      assert.equal(response.status, 401, JSON.stringify(headers));
      assert.equal(JSON.parse(raw).error.code, "unauthorized");
      assert.ok(!raw.includes(wrong) && !raw.includes(key), "the answer does not repeat the key");
    }
    for (const query of [`key=${key}`, `api_key=${key}`, `access_token=${key}`]) {
      assert.equal((await send(`/v1/models?${query}`)).status, 401);
    }
  });

  test("a key that is sent twice is refused, even where one of them is right", async () => {
    const wrong = "Bearer wrong";
    for (const [first, second] of [
      [`Bearer ${gantry.key}`, wrong],
      [wrong, `Bearer ${gantry.key}`],
      [`Bearer ${gantry.key}`, `Bearer ${gantry.key}`],
    ]) {
      const { socket, closed } = await connectRaw(gantry.url);
      const lines = ["GET /v1/models HTTP/1.1", "host: gantry", `authorization: ${first}`, `authorization: ${second}`];
      socket.end([...lines, "connection: close", "", ""].join("\r\n"));
      assert.match(await closed, /^HTTP\/1\.1 401 /);
    }
  });

  test("an address that is not there is a 404, a method that is not taken a 405, in OpenAI's shape", async () => {
    const headers = { authorization: `Bearer ${gantry.key}`, "content-type": "application/json" };
    for (const [path, method, status, code] of [
      ["/nonesuch", "GET", 404, "not_found"],
      ["/v1/chat/completions/", "POST", 404, "not_found"],
      ["/v1/chat/completions/x", "POST", 404, "not_found"],
      ["/v1/../etc/passwd", "GET", 404, "not_found"],
      [`/${"x".repeat(5000)}`, "GET", 404, "not_found"],
      ["/v1/models/nonesuch", "GET", 404, "model_not_found"],
      ["/v1/models/..%2f..%2fetc%2fpasswd", "GET", 404, "model_not_found"],
      ["/v1/chat/completions", "GET", 405, "method_not_allowed"],
      ["/v1/chat/completions", "PUT", 405, "method_not_allowed"],
      ["/v1/models", "DELETE", 405, "method_not_allowed"],
      ["/health", "POST", 405, "method_not_allowed"],
      ["/%zz", "GET", 400, "invalid_request"],
      ["/v1/models/%ff", "GET", 400, "invalid_request"],
    ] as const) {
      const response = await send(path, headers, method);
      const raw = await response.text();
      const { error } = JSON.parse(raw);
      assert.deepEqual([response.status, error.code], [status, code], `${method} ${path}: ${raw}`);
      assert.deepEqual(Object.keys(error).toSorted(), ["code", "message", "param", "type"]);
      assert.match(response.headers.get("x-request-id") ?? "", /^req_/);
      assert.equal(response.headers.get("x-should-retry"), "false");
      assert.ok(raw.length < 1000);
    }
  });

  test("a HEAD request gets the headers alone", async () => {
    const authorized = { authorization: `Bearer ${gantry.key}` };
    for (const [path, headers, status] of [
      ["/health", {}, 200],
      ["/ready", {}, 200],
      ["/v1/models", authorized, 200],
      ["/v1/models", {}, 401],
      ["/nonesuch", authorized, 404],
    ] as const) {
      const response = await send(path, headers, "HEAD");
      assert.equal(response.status, status, path);
      assert.equal(await response.text(), "");
    }
  });

  test("a harmless request id is given back, any other is replaced", async () => {
    const bodies = [hello, { ...hello, stream: true }, { model: 5 }];
    for (const body of bodies) {
      const reply = await chat(gantry, body, { headers: { "x-request-id": "my-id:1.2_3" } });
      assert.equal(reply.headers.get("x-request-id"), "my-id:1.2_3");
    }
    for (const id of ["", "a b", "a;b", '"><script>', "x".repeat(129), "../../etc", "ä"]) {
      const { headers } = await chat(gantry, { model: 5 }, { headers: { "x-request-id": id } });
      assert.match(headers.get("x-request-id") ?? "", /^req_[0-9a-f]{32}$/);
    }
    const { socket, closed } = await connectRaw(gantry.url);
    const twice = ["x-request-id: one", "x-request-id: two", "connection: close"];
    socket.write(toRawRequest(gantry, { model: 5 }, twice));
    assert.match(await closed, /x-request-id: req_[0-9a-f]{32}\r\n/i);
    const ids = await Promise.all([1, 2, 3].map(async () => (await send("/health")).headers.get("x-request-id")));
    assert.equal(new Set(ids).size, 3);
  });

  test("what is accepted and not honoured is named in a header, and safely so", async () => {
    const body = { ...hello, seed: 7, logit_bias: { "50256": -100 }, user: "me", "x\r\nset-cookie: a=b": 1 };
    for (const stream of [false, true]) {
      const reply = await ask(gantry, { ...body, stream });
      const ignored = reply.headers.get("x-gantry-ignored") ?? "";
      assert.match(ignored, /\bseed\b/);
      assert.match(ignored, /\blogit_bias\b/);
      assert.equal(reply.headers.get("set-cookie"), null);
    }
    assert.equal((await ask(gantry, hello)).headers.get("x-gantry-ignored"), null);
  });
});
