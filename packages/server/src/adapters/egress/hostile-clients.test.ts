import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { closeOf, openTestDoor, sayTo, startHost, startTcp } from "./test-egress.ts";

test("a head that is huge, broken or ambiguous is refused and the connection closed", async (t) => {
  const host = await startHost(t);
  const hosts = [`127.0.0.1:${host.port}`];
  const door = await openTestDoor(t, { profile: { networkHosts: hosts }, settings: { privateHosts: hosts } });
  const line = `POST http://${hosts[0]}/ HTTP/1.1\r\nHost: x\r\n`;
  const cases = [
    [`${line}A: ${"a".repeat(40_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    [`GET http://${hosts[0]}/${"a".repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ["\u0016\u0003\u0001\0\u0001\r\n\r\n", /^HTTP\/1\.1 400 /],
    [`${line}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nabc`, /^HTTP\/1\.1 400 /],
    [`${line}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`, /^HTTP\/1\.1 400 /],
    [`${line}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`, /^HTTP\/1\.1 400 /],
    [`${line}Content-Length : 3\r\n\r\nabc`, /^HTTP\/1\.1 400 /],
    [`${line}A: b\nC: d\r\n\r\n`, /^HTTP\/1\.1 400 /],
  ] as const;
  for (const [text, expected] of cases) assert.match(await sayTo(door.path, text), expected, text.slice(0, 120));
  assert.deepEqual(host.seen, []);
});

test("targets in odd notations are refused and on the record, cut short", async (t) => {
  const door = await openTestDoor(t, { profile: { networkHosts: ["*"] }, settings: { privateHosts: ["*"] } });
  const targets = [
    "2130706433:80",
    "0x7f000001:80",
    "0177.0.0.1:80",
    "127.1:80",
    "[fe80::1%25lo]:80",
    "[::1%lo]:80",
    "localhost",
    "localhost:99999",
    "u@localhost:80",
    "localhost:80#",
    "/",
    "*",
    "http://localhost/",
    `${"a".repeat(9_000)}:80`,
  ];
  for (const target of targets) {
    const answer = await sayTo(door.path, `CONNECT ${target} HTTP/1.1\r\nHost: localhost:80\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 40[03] /, target.slice(0, 80));
  }
  for (const url of ["/", "https://a.example/", "ftp://a.example/", "http://u:p@a.example/", "http://2130706433/"]) {
    assert.match(await sayTo(door.path, `GET ${url} HTTP/1.1\r\nHost: a.example\r\n\r\n`), /^HTTP\/1\.1 403 /, url);
  }
  assert.match(await sayTo(door.path, "TRACE http://a.example/ HTTP/1.1\r\nHost: a\r\n\r\n"), /^HTTP\/1\.1 403 /);
  for (const event of door.events) {
    assert.partialDeepStrictEqual(event, { type: "egress.decided", port: 0, verdict: "refused", rule: "address" });
    assert.ok("host" in event && event.host.length <= 100);
  }
});

test("requests that come one behind the other are judged one by one, and none reaches another's host", async (t) => {
  const host = await startHost(t, (request, response) => {
    request.resume();
    request.once("end", () => response.end(`[${request.method} ${request.url}]`));
  });
  const name = `127.0.0.1:${host.port}`;
  const door = await openTestDoor(t, { profile: { networkHosts: [name] }, settings: { privateHosts: [name] } });
  const inner = "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n";
  const answer = await sayTo(
    door.path,
    `GET http://${name}/1 HTTP/1.1\r\nHost: x\r\nContent-Length: ${inner.length}\r\n\r\n${inner}` +
      `DELETE http://${name}/2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: content-length\r\n\r\n` +
      `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n${inner}`,
  );
  assert.match(answer, /\[GET \/1\].*\[DELETE \/2\].*403 Forbidden/s);
  assert.deepEqual(
    host.seen.map(({ method, url }) => `${method} ${url}`),
    ["GET /1", "DELETE /2"],
  );
});

test("a client that sends its head drop by drop is let go, also one that says nothing", async (t) => {
  const door = await openTestDoor(t, { headMs: 200 });
  const slow = connect(door.path);
  const drops = setInterval(() => slow.write("a"), 50);
  slow.on("error", () => {});
  slow.write("GET http://a.example/ HTTP/1.1\r\nX: ");
  const silent = connect(door.path);
  silent.resume();
  slow.resume();
  await Promise.all([closeOf(slow), closeOf(silent)]);
  clearInterval(drops);
  assert.deepEqual(door.events, []);
});

test("beyond the bounds of connections, requests and bytes nothing goes out", async (t) => {
  const port = await startTcp(t, (socket) => socket.pipe(socket));
  const hosts = [`127.0.0.1:${port}`];
  const settings = { privateHosts: hosts, maxConnections: 1, maxRequests: 3, maxBytes: 100 };
  const door = await openTestDoor(t, { profile: { networkHosts: hosts }, settings });
  const head = `CONNECT 127.0.0.1:${port} HTTP/1.1\r\n\r\n`;
  const first = connect(door.path);
  first.on("error", () => {});
  first.write(head);
  await once(first, "data");
  const second = connect(door.path);
  second.on("error", () => {});
  await closeOf(second);
  first.write("a".repeat(101));
  await closeOf(first);
  while (door.events.length < 2) await new Promise(setImmediate);
  assert.partialDeepStrictEqual(door.events[1], { outcome: "cut" });

  assert.match(await sayTo(door.path, `${head}a`), /^(HTTP\/1\.1 200 .*)?$/s);
  assert.match(await sayTo(door.path, "CONNECT a.example:443 HTTP/1.1\r\n\r\n"), /^HTTP\/1\.1 403 /);
  for (let index = 0; index < 3; index += 1) assert.match(await sayTo(door.path, head), /^HTTP\/1\.1 429 /);
  assert.deepEqual(
    door.events.flatMap((event) => (event.type === "egress.decided" ? [`${event.verdict} ${event.rule}`] : [])),
    [
      ...Array.from({ length: 2 }, () => `allowed networkHosts: "${hosts[0]}"`),
      "refused default",
      "refused maxRequests",
    ],
  );
});

test("a connection over which nothing moves is cut", async (t) => {
  const port = await startTcp(t, () => {});
  const hosts = [`127.0.0.1:${port}`];
  const settings = { privateHosts: hosts, idleMs: 200 };
  const door = await openTestDoor(t, { profile: { networkHosts: hosts }, settings });
  await sayTo(door.path, `CONNECT 127.0.0.1:${port} HTTP/1.1\r\n\r\n`);
  assert.match(
    await sayTo(door.path, `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\n\r\n`),
    /^(HTTP\/1\.1 502 |$)/,
  );
  const closed = () => door.events.filter(({ type }) => type === "egress.closed");
  while (closed().length < 2) await new Promise(setImmediate);
  assert.deepEqual(
    closed().map((event) => event.type === "egress.closed" && event.outcome),
    ["cut", "cut"],
  );
});

test("a host that answers with rubbish, too much head or half an answer harms nobody", async (t) => {
  const answers = [
    "rubbish\r\n\r\n",
    `HTTP/1.1 200 OK\r\nA: ${"a".repeat(100_000)}\r\n\r\n`,
    "",
    "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
  ];
  for (const text of answers) {
    const port = await startTcp(t, (socket) => socket.once("data", () => socket.end(text)));
    const hosts = [`127.0.0.1:${port}`];
    const door = await openTestDoor(t, { profile: { networkHosts: hosts }, settings: { privateHosts: hosts } });
    assert.match(
      await sayTo(door.path, `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\n\r\n`),
      /^HTTP\/1\.1 502 /,
      text,
    );
    assert.partialDeepStrictEqual(door.events[1], { outcome: "failed" });
  }
  const half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
  const port = await startTcp(t, (socket) => socket.once("data", () => socket.end(half)));
  const hosts = [`127.0.0.1:${port}`];
  const door = await openTestDoor(t, { profile: { networkHosts: hosts }, settings: { privateHosts: hosts } });
  assert.match(
    await sayTo(door.path, `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\n\r\n`),
    /^HTTP\/1\.1 200 OK.*half$/s,
  );
});

test("a client that leaves in the midst of its body ends the request at the host", async (t) => {
  const ended = Promise.withResolvers<void>();
  const port = await startTcp(t, (socket) => {
    socket.resume();
    socket.once("end", ended.resolve);
  });
  const hosts = [`127.0.0.1:${port}`];
  const door = await openTestDoor(t, { profile: { networkHosts: hosts }, settings: { privateHosts: hosts } });
  const socket = connect(door.path);
  socket.write(`POST http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`);
  while (door.events.length < 1) await new Promise(setImmediate);
  socket.destroy();
  await ended.promise;
  while (door.events.length < 2) await new Promise(setImmediate);
  assert.partialDeepStrictEqual(door.events[1], { type: "egress.closed", outcome: "cut" });
});
