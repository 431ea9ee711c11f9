import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { once } from "node:events";
import { dirname } from "node:path";
import { test } from "node:test";
import { closeOf, openTestDoor, sayTo, startHost, startTcp } from "./test-egress.ts";

const decided = (events: readonly { type: string }[]) => events.filter(({ type }) => type === "egress.decided");

test("a tunnel to a host that the profile names carries bytes both ways, and is on the record with them", async (t) => {
  const port = await startTcp(t, (socket) => {
    socket.on("data", (chunk) => socket.write(chunk.toString().toUpperCase()));
    socket.once("end", () => socket.end("bye"));
  });
  const names = { "echo.example": ["127.0.0.1"] };
  const hosts = [`echo.example:${port}`];
  const door = await openTestDoor(t, { names, profile: { networkHosts: hosts }, settings: { privateHosts: hosts } });
  const socket = connect({ path: door.path, allowHalfOpen: true });
  let said = "";
  socket.on("data", (chunk) => (said += String(chunk)));
  // What is sent ahead of the answer is not lost.
  socket.end(`CONNECT echo.example:${port} HTTP/1.1\r\nHost: x\r\n\r\nhello`);
  await once(socket, "end");
  assert.equal(said, "HTTP/1.1 200 Connection Established\r\n\r\nHELLObye");
  socket.destroy();
  const [first, second] = door.events;
  assert.partialDeepStrictEqual(first, {
    type: "egress.decided",
    id: 1,
    method: "CONNECT",
    host: "echo.example",
    port,
    verdict: "allowed",
    rule: `networkHosts: "echo.example:${port}"`,
    addresses: ["127.0.0.1"],
    withCredential: false,
  });
  assert.partialDeepStrictEqual(second, {
    type: "egress.closed",
    id: 1,
    sentBytes: 5,
    receivedBytes: 8,
    outcome: "done",
  });
});

test("a request in absolute form reaches its host without what is the proxy's, and its answer comes back", async (t) => {
  const host = await startHost(t, (request, response) => {
    request.setEncoding("utf8");
    let body = "";
    request.on("data", (text) => (body += text));
    request.on("end", () => response.writeHead(302, { location: "http://10.0.0.1/", "x-body": body }).end("moved"));
  });
  const hosts = [`site.example:${host.port}`];
  const names = { "site.example": ["127.0.0.1"] };
  const door = await openTestDoor(t, { names, profile: { networkHosts: hosts }, settings: { privateHosts: hosts } });
  const answer = await sayTo(
    door.path,
    `POST http://site.example:${host.port}/a?b=c HTTP/1.1\r\nHost: evil.example\r\nProxy-Authorization: Basic x\r\n` +
      "Connection: close, X-Secret\r\nX-Secret: 1\r\nX-Kept: 2\r\nExpect: 100-continue\r\nUpgrade: websocket\r\n" +
      "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  );
  // Nothing is followed.
  assert.match(answer, /HTTP\/1\.1 302 Found\r\n/);
  assert.match(answer, /x-body: abc/);
  assert.match(answer, /moved/);
  const [seen] = host.seen;
  assert.equal(seen?.method, "POST");
  assert.equal(seen?.url, "/a?b=c");
  assert.deepEqual(seen?.headers, {
    host: `site.example:${host.port}`,
    "x-kept": "2",
    "transfer-encoding": "chunked",
    connection: "close",
  });
  assert.partialDeepStrictEqual(door.events[0], { method: "POST", verdict: "allowed" });
});

test("what no entry names is refused, by name and by address, before any name is looked up", async (t) => {
  let lookups = 0;
  const resolve = async () => {
    lookups += 1;
    return ["1.1.1.1"];
  };
  const door = await openTestDoor(t, { resolve, profile: { networkHosts: ["example.com"] } });
  for (const target of ["evil.example:443", "example.com:22", "93.184.216.34:443", "[2606:4700::1111]:443"]) {
    const answer = await sayTo(door.path, `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n.*not among the allowed hosts/s, target);
  }
  const answer = await sayTo(door.path, "GET http://evil.example/ HTTP/1.1\r\nHost: example.com\r\n\r\n");
  assert.match(answer, /^HTTP\/1\.1 403 Forbidden/);
  assert.equal(lookups, 0);
  assert.equal(decided(door.events).length, 5);
  assert.equal(door.events.length, 5);
});

test("a name that leads into a private network is refused, whatever the profile names", async (t) => {
  const names: Record<string, string[]> = {
    "loop.example": ["127.0.0.1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "inner.example": ["10.1.2.3", "fd00::1"],
    "link.example": ["fe80::1"],
    "nat.example": ["64:ff9b::7f00:1"],
  };
  const door = await openTestDoor(t, { names, profile: { networkHosts: ["*"], networkMode: "count" } });
  const targets = [...Object.keys(names), "127.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]"];
  for (const target of targets) {
    const answer = await sayTo(door.path, `CONNECT ${target}:443 HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n.*no address that may be reached/s, target);
    // Where the name leads to is not told.
    assert.ok(!/10\.1|fd00/.test(answer));
  }
  assert.ok(decided(door.events).every((event) => "rule" in event && String(event.rule).startsWith("address: ")));
});

test("the address that was checked is the one that is connected to", async (t) => {
  const host = await startHost(t);
  let lookups = 0;
  // The first answer passes, a second one would lead elsewhere.
  const resolve = async () => (lookups++ === 0 ? ["127.0.0.1"] : ["127.0.0.2"]);
  const hosts = [`turn.example:${host.port}`];
  const door = await openTestDoor(t, { resolve, profile: { networkHosts: hosts }, settings: { privateHosts: hosts } });
  const ask = `GET http://turn.example:${host.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
  assert.match(await sayTo(door.path, ask), /from the host/);
  assert.equal(lookups, 1);
  assert.partialDeepStrictEqual(door.events[0], { addresses: ["127.0.0.1"] });
});

test("a profile that counts lets through what it does not name, and says so", async (t) => {
  const host = await startHost(t);
  const names = { "other.example": ["127.0.0.1"] };
  const settings = { privateHosts: [`other.example:${host.port}`] };
  const door = await openTestDoor(t, { names, settings, profile: { networkMode: "count" } });
  const ask = `GET http://other.example:${host.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
  assert.match(await sayTo(door.path, ask), /from the host/);
  assert.partialDeepStrictEqual(door.events[0], { verdict: "would_refuse", rule: "default" });
  assert.partialDeepStrictEqual(door.events[1], { outcome: "done" });
});

test("a host that is gone, or whose name is not known, is a 502", async (t) => {
  const door = await openTestDoor(t, {
    names: { "gone.example": ["127.0.0.1"] },
    profile: { networkHosts: ["*:1", "*"] },
    settings: { privateHosts: ["gone.example:1"] },
  });
  for (const target of ["gone.example:1", "none.example:443"]) {
    assert.match(await sayTo(door.path, `CONNECT ${target} HTTP/1.1\r\n\r\n`), /^HTTP\/1\.1 502 /);
    assert.match(
      await sayTo(door.path, `GET http://${target.replace(":443", "")}/ HTTP/1.1\r\nHost: x\r\n\r\n`),
      / 502 /,
    );
  }
  assert.deepEqual(
    door.events.map((event) => (event.type === "egress.closed" ? event.outcome : event.verdict)),
    Array.from({ length: 4 }, () => ["allowed", "failed"]).flat(),
  );
});

test("closing a door cuts what is open, tells so and leaves nothing", async (t) => {
  const port = await startTcp(t, () => {});
  const hosts = [`127.0.0.1:${port}`];
  const door = await openTestDoor(t, { profile: { networkHosts: hosts }, settings: { privateHosts: hosts } });
  const socket = connect(door.path);
  socket.on("error", () => {});
  socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\n\r\n`);
  await once(socket, "data");
  const closed = closeOf(socket);
  await Promise.all([door.close(), door.close()]);
  await closed;
  assert.ok(!existsSync(dirname(door.path)));
  while (door.events.length < 2) await new Promise(setImmediate);
  assert.partialDeepStrictEqual(door.events[1], { type: "egress.closed", outcome: "cut" });
});

test("where this machine has a proxy of its own, tunnels go through that, with what it answers ahead", async (t) => {
  const asked: string[] = [];
  const port = await startTcp(t, (socket) =>
    socket.once("data", (head) => {
      asked.push(String(head));
      socket.write("HTTP/1.1 200 Fine\r\nX: y\r\n\r\nahead ");
      socket.on("data", (chunk) => socket.end(String(chunk).toUpperCase()));
    }),
  );
  const outerProxy = `http://me:p%40ss@127.0.0.1:${port}`;
  const door = await openTestDoor(t, { outerProxy, profile: { networkHosts: ["api.example"] } });
  const answer = await sayTo(door.path, "CONNECT api.example:443 HTTP/1.1\r\n\r\nhello");
  assert.match(answer, /^HTTP\/1\.1 200 .*\r\n\r\nahead HELLO$/s);
  const login = Buffer.from("me:p@ss").toString("base64");
  assert.deepEqual(asked, [
    `CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\nProxy-Authorization: Basic ${login}\r\n\r\n`,
  ]);
  assert.match(await sayTo(door.path, "CONNECT evil.example:443 HTTP/1.1\r\n\r\n"), /^HTTP\/1\.1 403 /);
  assert.equal(asked.length, 1);
});
