import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { createTestClock } from "../../core/ports/test-clock.ts";
import { openEventStream } from "./event-stream.ts";
import { openConnection } from "./test-connection.ts";

const stallMs = 60_000;

/** A stream on a real connection, whose client reads only when it is told to. */
async function open(t: TestContext) {
  const clock = createTestClock();
  const server = createServer();
  const responses = once(server, "request");
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const client = await openConnection(port);
  client.socket.pause();
  client.send(["GET / HTTP/1.1", "host: gantry"]);
  const [, response] = (await responses) as [unknown, ServerResponse];
  const stream = openEventStream(response, { "x-request-id": "r1" }, stallMs, clock);
  return { clock, client, response, stream };
}

test("the headers are those of an event stream that nobody on the way holds back", async (t) => {
  const { client, stream } = await open(t);
  client.socket.resume();
  await stream.write("data: 1\n\n");
  stream.end();
  const text = await client.until((each) => each.includes("0\r\n\r\n"));
  assert.match(text, /^HTTP\/1\.1 200 /);
  for (const header of [
    "x-request-id: r1",
    "content-type: text/event-stream; charset=utf-8",
    "cache-control: no-cache",
  ]) {
    assert.ok(text.includes(`${header}\r\n`), header);
  }
  assert.ok(text.includes("data: 1\n\n"));
});

const megabyte = `data: ${"x".repeat(1_000_000)}\n\n`;

/** Writes until the connection takes no more; the last write is under way then. */
async function fillUp(stream: { write(text: string): Promise<void> }): Promise<{ readonly written: Promise<void> }> {
  for (;;) {
    const written = stream.write(megabyte);
    const outcome = await Promise.race([
      written.then(() => "taken"),
      new Promise((resolve) => setImmediate(resolve, "full")),
    ]);
    if (outcome !== "taken") return { written };
  }
}

test("a write waits while the client does not read, and goes on when it does", async (t) => {
  const { client, clock, response, stream } = await open(t);
  const { written } = await fillUp(stream);
  assert.equal(response.writableNeedDrain, true);
  assert.equal(clock.pending, 2);
  client.socket.resume();
  await written;
  assert.equal(clock.pending, 1);
  stream.end();
  assert.equal(clock.pending, 0);
});

test("a client that takes nothing for too long is cut off, and nothing waits for it any more", async (t) => {
  const { clock, response, stream } = await open(t);
  const { written } = await fillUp(stream);
  clock.advance(stallMs);
  await written;
  assert.equal(response.destroyed, true);
  await stream.write("data: late\n\n");
  stream.end();
  assert.equal(clock.pending, 0);
});

test("a client that leaves while a write waits sets it free, and later writes are dropped", async (t) => {
  const { client, clock, response, stream } = await open(t);
  const { written } = await fillUp(stream);
  client.socket.destroy();
  await written;
  assert.equal(response.destroyed, true);
  await stream.write("data: late\n\n");
  stream.end();
  assert.equal(clock.pending, 0);
});

test("a comment goes out every fifteen seconds, but not on top of what waits already", async (t) => {
  const { client, clock, response, stream } = await open(t);
  client.socket.resume();
  clock.advance(30_000);
  const text = await client.until((each) => each.split(": waiting\n\n").length > 2);
  assert.equal(text.split(": waiting\n\n").length, 3);
  client.socket.pause();
  const { written } = await fillUp(stream);
  const before = response.writableLength;
  clock.advance(45_000);
  assert.equal(response.writableLength, before);
  client.socket.resume();
  await written;
  stream.end();
});
