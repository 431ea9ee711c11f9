import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import { test } from "node:test";
import { testCertificate, testCertificateKey } from "../upstreams/test-certificate.ts";
import { openTestDoor, sayTo, startHost } from "./test-egress.ts";

const secret = { name: "authorization", value: "Bearer of-the-server" };

async function startSecureHost(t: { after(done: () => void): void }) {
  const seen: string[] = [];
  const server = createServer({ key: testCertificateKey, cert: testCertificate }, (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host} ${request.headers.authorization}`);
    response.end("from the registry");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0, seen };
}

const ask = (url: string, more = ""): string =>
  `GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer of-the-agent\r\n${more}\r\n`;

test("a gateway goes to its address over TLS with the server's credential, and stays below its path", async (t) => {
  const host = await startSecureHost(t);
  const door = await openTestDoor(t, {
    names: { "upstream.example": ["127.0.0.1"] },
    gateways: { npm: { url: `https://upstream.example:${host.port}/base/`, header: secret } },
    trust: [testCertificate],
    profile: { networkHosts: ["npm.gantry.internal"] },
  });
  assert.match(await sayTo(door.path, ask("http://npm.gantry.internal/a/../../b%2e?q=1")), /from the registry/);
  assert.match(await sayTo(door.path, ask("http://NPM.gantry.internal./%2e%2e/x")), /from the registry/);
  const where = `upstream.example:${host.port}`;
  assert.deepEqual(host.seen, [`GET /base/b%2e?q=1 ${where} ${secret.value}`, `GET /base/x ${where} ${secret.value}`]);
  assert.partialDeepStrictEqual(door.events[0], {
    host: "npm.gantry.internal",
    verdict: "allowed",
    withCredential: true,
    addresses: ["127.0.0.1"],
  });
  assert.ok(!JSON.stringify(door.events).includes("of-the-server"));
});

test("a gateway whose host has another certificate is not spoken to", async (t) => {
  const host = await startSecureHost(t);
  const door = await openTestDoor(t, {
    names: { "other.example": ["127.0.0.1"] },
    gateways: { npm: { url: `https://other.example:${host.port}`, header: secret } },
    trust: [testCertificate],
    profile: { networkHosts: ["npm.gantry.internal"] },
  });
  assert.match(await sayTo(door.path, ask("http://npm.gantry.internal/")), /^HTTP\/1\.1 502 /);
  assert.deepEqual(host.seen, []);
});

test("a gateway is open only where the profile names it, and only in plain HTTP", async (t) => {
  const gateways = { npm: { url: "https://127.0.0.1:1", header: secret } };
  const all = await openTestDoor(t, { gateways, profile: { networkHosts: ["*"], networkMode: "count" } });
  assert.match(await sayTo(all.path, ask("http://npm.gantry.internal/")), /403 .*does not name this gateway/s);
  const named = await openTestDoor(t, { gateways, profile: { networkHosts: ["*.gantry.internal"] } });
  assert.match(await sayTo(named.path, ask("http://none.gantry.internal/")), /403 .*no gateway of this name/s);
  assert.match(await sayTo(named.path, ask("http://constructor.gantry.internal/")), /403 .*no gateway of this name/s);
  assert.match(await sayTo(named.path, "CONNECT npm.gantry.internal:443 HTTP/1.1\r\n\r\n"), /403 .*plain HTTP/s);
  for (const { events } of [all, named])
    assert.ok(events.every((event) => "verdict" in event && event.verdict === "refused"));
  assert.equal(named.events.length, 3);
});

test("a credential goes in plain HTTP to the host it is for, where the profile names that host", async (t) => {
  const host = await startHost(t);
  const name = `api.example:${host.port}`;
  const parts = {
    names: { "api.example": ["127.0.0.1"] },
    settings: { privateHosts: [name] },
    credentials: [{ host: name, header: { name: "x-api-key", value: "of-the-server" } }],
  };
  const url = `http://${name}/`;
  const named = await openTestDoor(t, { ...parts, profile: { networkHosts: [name] } });
  await sayTo(named.path, ask(url, "X-Api-Key: mine\r\nConnection: x-api-key\r\n"));
  const all = await openTestDoor(t, { ...parts, profile: { networkHosts: [`*:${host.port}`] } });
  await sayTo(all.path, ask(url, "X-Api-Key: mine\r\n"));
  assert.deepEqual(
    host.seen.map(({ headers }) => headers["x-api-key"]),
    ["of-the-server", "mine"],
  );
  assert.partialDeepStrictEqual(named.events[0], { withCredential: true });
  assert.partialDeepStrictEqual(all.events[0], { withCredential: false });
});
