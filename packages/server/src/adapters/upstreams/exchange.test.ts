import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { test } from "node:test";
import { createTestClock } from "../../core/ports/test-clock.ts";
import { UpstreamError, type UpstreamResponse } from "../../core/ports/upstream-client.ts";
import { isKind, openExchange as open, readPiece } from "./test-exchange.ts";
import { openClient, readText, startServer, startUpstream, until, untilClosed } from "./test-upstream.ts";

test("each piece of an answer is there before the next is written", async (context) => {
  const { client, answering } = await open(context);
  const sent = client.send();
  const { response } = await answering();
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  const { status, headers, body } = await sent;
  assert.deepEqual([status, headers["content-type"]], [200, "text/event-stream"]);
  const reader = body[Symbol.asyncIterator]();
  for (const piece of ["one", "two", "three"]) {
    response.write(piece);
    assert.equal(await readPiece(reader), piece);
  }
  response.end();
  assert.equal(await readPiece(reader), "the end");
});

test("an upstream that does not answer, does not begin or falls silent is given up in its time", async (context) => {
  const { client, answering, clock } = await open(context);
  const silent = client.send();
  const { socket: first } = await answering(1);
  clock.advance(1999);
  const firstClosed = once(first, "close");
  clock.advance(1);
  await assert.rejects(silent, isKind("headers_timeout"));
  await firstClosed;

  const headOnly = client.send();
  const { response: second, socket: secondSocket } = await answering(2);
  second.flushHeaders();
  const { body: empty } = await headOnly;
  const secondClosed = untilClosed(secondSocket);
  clock.advance(3000);
  await assert.rejects(readText(empty), isKind("first_byte_timeout"));
  await secondClosed;

  const begun = client.send();
  const { response: third, socket: thirdSocket } = await answering(3);
  third.write("a");
  const reader = (await begun).body[Symbol.asyncIterator]();
  assert.equal(await readPiece(reader), "a");
  clock.advance(3999);
  third.write("b");
  assert.equal(await readPiece(reader), "b");
  clock.advance(3999);
  const thirdClosed = untilClosed(thirdSocket);
  clock.advance(1);
  await assert.rejects(reader.next(), isKind("silence_timeout"));
  await thirdClosed;
  assert.equal(clock.pending, 0);
});

test("a server that accepts and never shakes hands is given up as no connection", async (context) => {
  const server = await startServer(createTcpServer(), "https");
  const clock = createTestClock();
  const client = openClient({ baseUrl: server.url, connectMs: 1000 }, { clock });
  context.after(() => server.stop());
  const sent = client.send();
  await until("the connection", () => server.sockets.length > 0);
  clock.advance(1000);
  await assert.rejects(sent, isKind("connect"));
  const [socket] = server.sockets;
  assert.ok(socket !== undefined);
  const closed = untilClosed(socket);
  socket.resume();
  await client.stop();
  await closed;
});

test("a refused connection says so, and no more", async () => {
  const server = await startUpstream(() => {});
  await server.stop();
  const client = openClient({ baseUrl: server.url });
  await assert.rejects(client.send(), (error: unknown) => {
    assert.ok(error instanceof UpstreamError);
    assert.deepEqual([error.kind, error.message], ["connect", "no connection (ECONNREFUSED)"]);
    return true;
  });
  await client.stop();
});

test("an abort ends the exchange and its connection, wherever it is, and no other is opened", async (context) => {
  const { client, answering, server, clock } = await open(context);
  const reason = new Error("the client left");
  const stages = [
    async (response: ServerResponse, sent: Promise<UpstreamResponse>) => {
      void response;
      return sent;
    },
    async (response: ServerResponse, sent: Promise<UpstreamResponse>) => {
      response.flushHeaders();
      return readText((await sent).body);
    },
    async (response: ServerResponse, sent: Promise<UpstreamResponse>) => {
      response.write("unread");
      const { body } = await sent;
      const reader = body[Symbol.asyncIterator]();
      await reader.next();
      return reader.next();
    },
  ];
  for (const [index, stage] of stages.entries()) {
    const leaving = new AbortController();
    const sent = client.send({ signal: leaving.signal });
    const { response, socket } = await answering(index + 1);
    const closed = untilClosed(socket);
    const failed = assert.rejects(stage(response, sent), (error) => error === reason);
    if (index > 0) await sent;
    leaving.abort(reason);
    await failed;
    await closed;
    assert.equal(clock.pending, 0);
  }
  // One connection for each request, none to replace those that were ended.
  const last = client.send();
  const { response } = await answering(4);
  response.end("well");
  assert.equal(await readText((await last).body), "well");
  assert.equal(server.sockets.length, 4);
});

test("an abort before the request is there sends nothing", async (context) => {
  const { client, server } = await open(context);
  const reason = new Error("left");
  await assert.rejects(client.send({ signal: AbortSignal.abort(reason) }), (error) => error === reason);
  const leaving = new AbortController();
  const sent = client.send({ signal: leaving.signal });
  leaving.abort(reason);
  await assert.rejects(sent, (error) => error === reason);
  const { status } = await Promise.race([
    client.send().catch(() => ({ status: 0 })),
    until("another request", () => server.seen.length > 0).then(() => ({ status: -1 })),
  ]);
  assert.deepEqual([status, server.seen.length], [-1, 1]);
});

test("a reader that leaves early ends the connection", async (context) => {
  const { client, answering, clock } = await open(context);
  const sent = client.send();
  const { response, socket } = await answering();
  response.write("one");
  const closed = untilClosed(socket);
  for await (const piece of (await sent).body) {
    assert.equal(Buffer.from(piece).toString(), "one");
    break;
  }
  await closed;
  assert.equal(clock.pending, 0);
});

test("a slow reader makes the upstream wait, is no silence of the upstream's, and loses nothing", async (context) => {
  const { client, answering, clock } = await open(context);
  const sent = client.send();
  const { response } = await answering();
  const piece = Buffer.alloc(64 * 1024, "x");
  const pieces = 1024;
  let written = 0;
  const write = (): void => {
    while (written < pieces) {
      written += 1;
      if (!response.write(piece)) return void response.once("drain", write);
    }
    response.end();
  };
  write();
  const { body } = await sent;
  // It is stuck when it has not got on for many turns of the event loop.
  let [last, turns] = [-1, 0];
  await until("the upstream is made to wait", () => {
    turns = written === last ? turns + 1 : 0;
    last = written;
    return turns > 50;
  });
  assert.ok(written < pieces, `${written} of ${pieces} pieces were taken from the upstream unread`);
  clock.advance(1_000_000);
  let read = 0;
  for await (const bytes of body) read += bytes.length;
  assert.equal(read, pieces * piece.length);
  assert.equal(clock.pending, 0);
});
