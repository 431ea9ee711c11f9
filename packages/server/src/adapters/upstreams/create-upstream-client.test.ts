import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { settle } from "../../core/ports/test-clock.ts";
import { UpstreamError } from "../../core/ports/upstream-client.ts";
import { openClient, readText, startUpstream, toUpstream, type TestUpstream } from "./test-upstream.ts";

async function start(context: TestContext, ...parts: Parameters<typeof startUpstream>): Promise<TestUpstream> {
  const server = await startUpstream(...parts);
  context.after(() => server.stop());
  return server;
}

function open(context: TestContext, ...parts: Parameters<typeof openClient>) {
  const client = openClient(...parts);
  context.after(() => client.stop());
  return client;
}

const isKind = (kind: UpstreamError["kind"]) => (error: unknown) =>
  error instanceof UpstreamError && error.kind === kind;

test("a request arrives at the base URL's path and below, byte for byte, with our key", async (context) => {
  const server = await start(context, (_request, response) => void response.end("{}"));
  const body = '{"b": 1,"a":"é\\u00e9"}';
  const entries = [
    ["anthropic", server.url, "/v1/messages?beta=true", "x-api-key", "sk-ours"],
    ["openai", `${server.url}/v1`, "/chat/completions", "authorization", "Bearer sk-ours"],
    ["openai-compatible", `${server.url}/deep/v1//`, "/responses", "authorization", "Bearer sk-ours"],
    [
      "azure-openai",
      `${server.url}/`,
      "/openai/deployments/gpt%2F4/chat/completions?api-version=1",
      "api-key",
      "sk-ours",
    ],
  ] as const;
  for (const [kind, baseUrl, path] of entries) {
    const client = open(context, { kind, baseUrl });
    const { body: answer } = await client.send({ path, credential: "sk-ours", body: Buffer.from(body) });
    assert.equal(await readText(answer), "{}");
  }
  assert.deepEqual(
    server.seen.map(({ url }) => url),
    [
      "/v1/messages?beta=true",
      "/v1/chat/completions",
      "/deep/v1/responses",
      "/openai/deployments/gpt%2F4/chat/completions?api-version=1",
    ],
  );
  for (const [index, { method, headers, body: sent }] of server.seen.entries()) {
    assert.deepEqual([method, sent, headers["content-length"]], ["POST", body, String(Buffer.byteLength(body))]);
    assert.equal(headers[entries[index]?.[3] ?? ""], entries[index]?.[4]);
  }
});

test("a GET has no body, and what the client sent of its own keys does not leave", async (context) => {
  const server = await start(context, (_request, response) => void response.end("{}"));
  const client = open(context, { baseUrl: server.url });
  const headers = { "x-api-key": "gk-1", authorization: "Bearer gk-1", cookie: "a=gk-1", "anthropic-beta": "x" };
  const { body } = await client.send({ method: "GET", path: "/v1/models", body: undefined, headers });
  await readText(body);
  const [seen] = server.seen;
  assert.deepEqual([seen?.method, seen?.body, seen?.headers["anthropic-beta"]], ["GET", "", "x"]);
  assert.doesNotMatch(JSON.stringify(seen?.headers), /gk-1/);
});

test("every status but a redirect is an answer, with the headers that clients wait for", async (context) => {
  const server = await start(context, (request, response) => {
    const status = Number(request.body);
    response.writeHead(status, {
      "retry-after": "3",
      "x-should-retry": "true",
      "set-cookie": "a=1",
      "x-request-id": "u1",
    });
    response.end(`said ${status}`);
  });
  const client = open(context, { baseUrl: server.url });
  for (const status of [200, 201, 400, 401, 403, 404, 408, 413, 429, 500, 503, 529]) {
    const answer = await client.send({ body: Buffer.from(String(status)) });
    assert.equal(answer.status, status);
    assert.equal(await readText(answer.body), `said ${status}`);
    await settle();
    const { date, ...headers } = answer.headers;
    assert.ok(date);
    assert.deepEqual(headers, {
      "retry-after": "3",
      "x-should-retry": "true",
      "x-gantry-upstream-request-id": "u1",
    });
  }
  assert.equal(server.sockets.length, 1);
});

test("a redirect is followed nowhere", async (context) => {
  const elsewhere = await start(context, (_request, response) => void response.end("taken"));
  const server = await start(context, (request, response) => {
    response.writeHead(Number(request.body), { location: `${elsewhere.url}/v1/messages` }).end();
  });
  const client = open(context, { baseUrl: server.url });
  for (const status of [300, 301, 302, 303, 304, 307, 308]) {
    await assert.rejects(client.send({ body: Buffer.from(String(status)) }), isKind("redirected"));
  }
  assert.deepEqual([server.seen.length, elsewhere.seen.length], [7, 0]);
});

test("an answer that is compressed although it was asked not to be is refused", async (context) => {
  const server = await start(context, (request, response) => {
    response.writeHead(200, { "content-encoding": request.body }).end("…");
  });
  const client = open(context, { baseUrl: server.url });
  for (const encoding of ["gzip", "br", "zstd", "x-unknown"]) {
    await assert.rejects(client.send({ body: Buffer.from(encoding) }), isKind("compressed"));
  }
  const plain = await client.send({ body: Buffer.from("Identity") });
  assert.equal(await readText(plain.body), "…");
  assert.equal(server.seen[0]?.headers["accept-encoding"], "identity");
});

test("only what is configured can be called", async (context) => {
  const server = await start(context, (_request, response) => void response.end());
  const client = open(context, { baseUrl: server.url });
  await assert.rejects(
    client.send({ upstream: toUpstream({ baseUrl: server.url }, "other") }),
    /no configured upstream/,
  );
  await assert.rejects(client.send({ path: "@elsewhere.example/" }), /slash/);
  // A made-up upstream of the right name changes nothing: the address is the configuration's.
  const { body } = await client.send({ upstream: toUpstream({ baseUrl: "http://127.0.0.1:9" }) });
  await readText(body);
  assert.equal(server.seen.length, 1);
});

test("a base URL holds an address and a path, and no secret or query that would be lost", () => {
  for (const baseUrl of ["https://a.example", "http://127.0.0.1:11434/v1", "https://a.example/x@y/"])
    toUpstream({ baseUrl });
  for (const baseUrl of [
    "https://u:p@a.example",
    "https://key@a.example/v1",
    "https://a.example/v1?k=1",
    "https://a.example#x",
  ]) {
    assert.throws(() => toUpstream({ baseUrl }), /no user, query or fragment/);
  }
  assert.throws(() => toUpstream({ baseUrl: "file:///etc" }));
});

test("a request that cannot be written is an error of ours, not of the upstream", async (context) => {
  const server = await start(context, (_request, response) => void response.end());
  const client = open(context, { baseUrl: server.url });
  await assert.rejects(client.send({ path: "/a b" }), (error: unknown) => !(error instanceof UpstreamError));
  assert.equal(server.seen.length, 0);
});

test("nothing is sent after the stop, which may come twice and ends what is open", async (context) => {
  const server = await start(context, (_request, response) => void response.write("begun"));
  const client = open(context, { baseUrl: server.url });
  const { body } = await client.send();
  await client.stop();
  await client.stop();
  await assert.rejects(readText(body), isKind("broken"));
  await assert.rejects(client.send(), isKind("connect"));
  assert.equal(server.seen.length, 1);
});
