import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../core/ports/clock.ts";
import { createCheckedConnector } from "../egress/create-checked-connector.ts";
import { testCertificate, testCertificateKey } from "../upstreams/test-certificate.ts";
import { createWebhookSender } from "./create-webhook-sender.ts";

interface SenderChanges {
  readonly names?: Readonly<Record<string, readonly string[]>>;
  readonly privateHosts?: readonly string[];
  readonly timeoutMs?: number;
}

function createSender({ names = {}, privateHosts = ["127.0.0.1:*"], timeoutMs = 60_000 }: SenderChanges = {}) {
  const resolve = async (host: string) => names[host] ?? Promise.reject(new Error("no such name"));
  return createWebhookSender({
    connector: createCheckedConnector({ resolve, privateHosts, connectMs: timeoutMs, clock: systemClock }),
    timeoutMs,
    trust: [testCertificate],
    clock: systemClock,
  });
}

async function listen(t: TestContext, server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => server.close());
  return (server.address() as AddressInfo).port; // A TCP server's address is never a string.
}

async function startEndpoint(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  t.after(() => server.closeAllConnections());
  return `127.0.0.1:${await listen(t, server)}`;
}

const attemptOf = (url: string) => ({
  url,
  headers: { "webhook-id": "event_1", "content-type": "application/json" },
  body: '{"ü":1}',
  signal: new AbortController().signal,
});

test("an event is posted as it is, and the status comes back, whatever it is", async (t) => {
  const seen: string[] = [];
  const place = await startEndpoint(t, (request, response) => {
    request.setEncoding("utf8");
    let body = "";
    request.on("data", (text) => (body += text));
    request.on("end", () => {
      const { host, "webhook-id": id, "content-length": length } = request.headers;
      seen.push(`${request.method} ${request.url} ${host} ${String(id)} ${length} ${body}`);
      response.writeHead(Number(request.url?.slice(1, 4)), { location: "http://169.254.169.254/" }).end("x");
    });
  });
  const sender = createSender({ privateHosts: [place] });
  for (const status of [200, 204, 302, 410, 500]) {
    assert.deepEqual(await sender.send(attemptOf(`http://${place}/${status}?a=b`)), { status });
  }
  // A redirect is not followed.
  assert.equal(seen.length, 5);
  assert.equal(seen[0], `POST /200?a=b ${place} event_1 8 {"ü":1}`);
});

test("over TLS the endpoint must prove its name", async (t) => {
  const server = createSecureServer({ key: testCertificateKey, cert: testCertificate }, (_request, response) =>
    response.end(),
  );
  t.after(() => server.closeAllConnections());
  const port = await listen(t, server);
  const names = { "upstream.example": ["127.0.0.1"], "other.example": ["127.0.0.1"] };
  const sender = createSender({ names, privateHosts: [`*.example:${port}`] });
  assert.deepEqual(await sender.send(attemptOf(`https://upstream.example:${port}/`)), { status: 200 });
  assert.match(JSON.stringify(await sender.send(attemptOf(`https://other.example:${port}/`))), /ERR_TLS_CERT_ALTNAME/);
});

test("no private address is sent to, however it is written or reached, but where the configuration names the host", async (t) => {
  const hits: string[] = [];
  const place = await startEndpoint(t, (request, response) => {
    hits.push(String(request.url));
    response.end();
  });
  const port = place.slice(10);
  const names = {
    "inner.example": ["127.0.0.1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
  };
  const closed = createSender({ names, privateHosts: ["other.example"] });
  const hosts = ["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", ...Object.keys(names)];
  for (const host of hosts) {
    const outcome = await closed.send(attemptOf(`http://${host}:${port}/`));
    assert.ok("error" in outcome, host);
    assert.match(outcome.error, /no address that may be reached/, host);
  }
  assert.deepEqual(hits, []);
  const opened = createSender({ names, privateHosts: [`inner.example:${port}`] });
  assert.deepEqual(await opened.send(attemptOf(`http://inner.example:${port}/in`)), { status: 200 });
  assert.deepEqual(hits, ["/in"]);
});

test("an endpoint that is gone, silent, endless or broken is a failure with a reason, in time", async (t) => {
  const silent = await startEndpoint(t, () => {});
  const sender = createSender({ privateHosts: [silent], timeoutMs: 300 });
  assert.deepEqual(await sender.send(attemptOf(`http://${silent}/`)), { error: "There was no answer in time." });
  assert.deepEqual(await sender.send(attemptOf("http://none.example/")), {
    error: "The name of the host could not be resolved.",
  });

  const endless = await startEndpoint(t, (_request, response) => {
    response.writeHead(200);
    const go = (): void => void (response.destroyed || response.write("x".repeat(10_000), go));
    go();
  });
  assert.deepEqual(await createSender({ privateHosts: [endless] }).send(attemptOf(`http://${endless}/`)), {
    status: 200,
  });

  const broken = await startEndpoint(t, (request) => request.socket.end("rubbish\r\n\r\n"));
  assert.match(
    JSON.stringify(await createSender({ privateHosts: [broken] }).send(attemptOf(`http://${broken}/`))),
    /HPE_/,
  );
  const gone = await startEndpoint(t, (request) => request.socket.destroy());
  assert.match(
    JSON.stringify(await createSender({ privateHosts: [gone] }).send(attemptOf(`http://${gone}/`))),
    /failed|broke off/,
  );
});

test("where the server stops, an attempt ends at once", async (t) => {
  const stop = new AbortController();
  const place = await startEndpoint(t, () => stop.abort(new Error("the server stops")));
  const sender = createSender({ privateHosts: [place] });
  const attempt = { ...attemptOf(`http://${place}/`), signal: stop.signal };
  assert.deepEqual(await sender.send(attempt), { error: "the server stops" });
});
