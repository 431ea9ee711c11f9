import assert from "node:assert/strict";
import { createServer, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import { UpstreamError } from "../../core/ports/upstream-client.ts";
import { testCertificate } from "./test-certificate.ts";
import {
  openClient,
  readText,
  startServer,
  startUpstream,
  type TestServer,
  until,
  untilClosed,
} from "./test-upstream.ts";

const isKind = (kind: UpstreamError["kind"]) => (error: unknown) =>
  error instanceof UpstreamError && error.kind === kind;

async function start(context: TestContext, ...parts: Parameters<typeof startUpstream>) {
  const server = await startUpstream(...parts);
  context.after(() => server.stop());
  return server;
}

function open(context: TestContext, ...parts: Parameters<typeof openClient>) {
  const client = openClient(...parts);
  context.after(() => client.stop());
  return client;
}

const answerWell = (_request: unknown, response: { end(text: string): unknown }): void => void response.end("well");

/** A host that only the proxy of a test knows: it is this machine. */
const farHost = "upstream.example";
const toFarUrl = ({ url }: TestServer): string => url.replace("127.0.0.1", farHost);

/** An address of this machine that is not known as one, so that a proxy would be asked for it. */
const toUnnamedUrl = ({ url }: TestServer): string => url.replace("127.0.0.1", "0.0.0.0");

/** A proxy that passes requests on and opens tunnels. `asked` holds what it was asked for. */
async function startProxy(context: TestContext, refuses = false): Promise<TestServer & { readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    if (refuses) return void response.writeHead(407).end();
    const passed = httpRequest(
      (incoming.url ?? "").replace(farHost, "127.0.0.1"),
      { method: "POST", headers: incoming.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      },
    );
    incoming.pipe(passed);
  });
  server.on("connect", ({ url = "", headers }, socket) => {
    asked.push(`CONNECT ${url} ${headers["proxy-authorization"] ?? ""}`.trim());
    if (refuses) return void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const tunnel = connect(Number(url.split(":").at(-1)), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      tunnel.pipe(socket).pipe(tunnel);
    });
    tunnel.on("error", () => socket.destroy());
    socket.on("close", () => tunnel.destroy());
  });
  const started = await startServer(server);
  context.after(() => started.stop());
  return { ...started, asked };
}

test("a certificate is trusted where it is configured, and nowhere else", async (context) => {
  const server = await start(context, answerWell, { secure: true });
  const trusting = open(context, { baseUrl: server.url }, { certificates: testCertificate });
  assert.equal(await readText((await trusting.send()).body), "well");
  const wary = open(context, { baseUrl: server.url });
  await assert.rejects(wary.send(), (error: unknown) => {
    assert.ok(isKind("connect")(error));
    assert.match(String(error), /DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED/);
    return true;
  });
  assert.equal(server.seen.length, 1);
});

test("what is no certificate is told at once", () => {
  const broken = testCertificate.replace("MIIB", "AAAA");
  for (const certificates of ["", "nonsense", broken, `${testCertificate}\n${broken}`]) {
    assert.throws(() => openClient({ baseUrl: "https://127.0.0.1:9" }, { certificates }));
  }
});

test("there are never more connections than calls may run, and none is opened for a request that was given up", async (context) => {
  const finish: (() => void)[] = [];
  const server = await start(context, (_request, response) => void finish.push(() => response.end("well")));
  const client = open(context, { baseUrl: server.url, maxConcurrent: 2 });
  const leaving = new AbortController();
  const sent = [1, 2, 3, 4].map(() => client.send());
  const left = client.send({ signal: leaving.signal });
  await until("two requests", () => finish.length === 2);
  leaving.abort(new Error("left"));
  await assert.rejects(left, /left/);
  for (let answered = 0; answered < 4; answered += 1) {
    await until("the next request", () => finish.length > answered);
    finish[answered]?.();
  }
  for (const one of sent) assert.equal(await readText((await one).body), "well");
  assert.deepEqual([server.sockets.length, server.seen.length], [2, 4]);
});

test("an upstream over TLS is reached through a tunnel of the proxy, with the proxy's own credential", async (context) => {
  const server = await start(context, answerWell, { secure: true });
  const proxy = await startProxy(context);
  const httpsProxy = `http://user:pass@127.0.0.1:${proxy.port}`;
  const client = open(context, { baseUrl: toFarUrl(server) }, { certificates: testCertificate, httpsProxy });
  assert.equal(await readText((await client.send({ credential: "sk-ours" })).body), "well");
  assert.deepEqual(proxy.asked, [`CONNECT ${farHost}:${server.port} Basic ${btoa("user:pass")}`]);
  assert.equal(server.seen[0]?.headers["x-api-key"], "sk-ours");
  assert.equal(server.seen[0]?.headers["proxy-authorization"], undefined);
});

test("an upstream without TLS is asked through the proxy", async (context) => {
  const server = await start(context, answerWell);
  const proxy = await startProxy(context);
  const client = open(context, { baseUrl: toFarUrl(server) }, { httpProxy: proxy.url });
  assert.equal(await readText((await client.send()).body), "well");
  assert.deepEqual(proxy.asked, [`POST ${toFarUrl(server)}/v1/messages`]);
});

test("excepted hosts, this machine and upstreams of another scheme are reached without the proxy", async (context) => {
  const server = await start(context, answerWell);
  const proxy = await startProxy(context);
  const { url: http } = proxy;
  const ways = [
    [server.url, { httpProxy: http, httpsProxy: http }],
    [toUnnamedUrl(server), { httpProxy: http, noProxy: "other.example, 0.0.0.0" }],
    [toUnnamedUrl(server), { httpProxy: http, noProxy: "*" }],
    [toUnnamedUrl(server), { httpsProxy: http }],
    [toUnnamedUrl(server), { httpProxy: "", httpsProxy: http }],
  ] as const;
  for (const [baseUrl, settings] of ways) {
    const client = open(context, { baseUrl }, settings);
    assert.equal(await readText((await client.send()).body), "well");
  }
  assert.deepEqual(proxy.asked, []);
});

test("a proxy that refuses is no connection", async (context) => {
  const secure = await start(context, answerWell, { secure: true });
  const plain = await start(context, answerWell);
  const proxy = await startProxy(context, true);
  for (const server of [secure, plain]) {
    const settings = { httpProxy: proxy.url, httpsProxy: proxy.url };
    const client = open(context, { baseUrl: toFarUrl(server) }, settings);
    await assert.rejects(client.send(), isKind("connect"));
  }
  assert.deepEqual([secure.seen.length, plain.seen.length], [0, 0]);
});

test("the environment's proxies are not read here", async (context) => {
  const server = await start(context, answerWell);
  const proxy = await startProxy(context);
  const names = ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"];
  const before = names.map((name) => [name, process.env[name]] as const);
  context.after(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  for (const name of names) process.env[name] = proxy.url;
  for (const settings of [{}, { httpsProxy: proxy.url }, { httpProxy: proxy.url, noProxy: "0.0.0.0" }]) {
    const client = open(context, { baseUrl: toUnnamedUrl(server) }, settings);
    assert.equal(await readText((await client.send()).body), "well");
  }
  assert.deepEqual(proxy.asked, []);
});

test("the stop ends connections that are used and those that are kept", async (context) => {
  const server = await start(context, ({ body }, response) => {
    if (body === "stay") response.write("begun");
    else response.end("well");
  });
  const client = open(context, { baseUrl: server.url });
  const { body } = await client.send({ body: Buffer.from("stay") });
  await readText((await client.send()).body);
  const closed = server.sockets.map((socket) => untilClosed(socket));
  assert.equal(closed.length, 2);
  await client.stop();
  await Promise.all(closed);
  await assert.rejects(readText(body), isKind("broken"));
});
