import assert from "node:assert/strict";
import { createServer as createTcpServer, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { settle } from "../../core/ports/test-clock.ts";
import { isKind, openExchange as open, readPiece } from "./test-exchange.ts";
import { openClient, readText, startServer, untilClosed } from "./test-upstream.ts";

/** A server that writes the given bytes to whoever has sent a whole head, then does what `after` says. */
async function startRaw(context: TestContext, answer: string, after: (socket: Socket) => void = () => {}) {
  const server = await startServer(
    createTcpServer((socket) => {
      socket.once("data", () => {
        socket.write(answer, "latin1", () => after(socket));
      });
    }),
  );
  const client = openClient({ baseUrl: server.url });
  context.after(async () => {
    await client.stop();
    await server.stop();
  });
  return client;
}

test("connections are kept and used again", async (context) => {
  const { client, answering, server } = await open(context);
  for (const turn of [1, 2, 3]) {
    const sent = client.send();
    const { response } = await answering(turn);
    response.end(String(turn));
    assert.equal(await readText((await sent).body), String(turn));
    await settle();
  }
  assert.equal(server.sockets.length, 1);
});

test("a request is never repeated of itself once it was sent, not even on a kept connection", async (context) => {
  const { client, answering, server } = await open(context);
  const first = client.send();
  (await answering(1)).response.end("well");
  await readText((await first).body);
  const second = client.send();
  (await answering(2)).socket.resetAndDestroy();
  await assert.rejects(second, isKind("broken"));
  const third = client.send();
  (await answering(3)).response.end("well");
  await readText((await third).body);
  assert.deepEqual([server.seen.length, server.sockets.length], [3, 2]);
});

test("a kept connection that the upstream has closed is not used", async (context) => {
  const { client, answering, server } = await open(context);
  const first = client.send();
  const { response, socket } = await answering(1);
  response.end("well");
  await readText((await first).body);
  const closed = untilClosed(socket);
  socket.end();
  await closed;
  const second = client.send();
  (await answering(2)).response.end("well");
  assert.equal(await readText((await second).body), "well");
  assert.equal(server.sockets.length, 2);
});

test("what came before a reset is read, then the break is told", async (context) => {
  const { client, answering } = await open(context);
  const sent = client.send();
  const { response, socket } = await answering();
  response.write("half");
  const reader = (await sent).body[Symbol.asyncIterator]();
  assert.equal(await readPiece(reader), "half");
  socket.resetAndDestroy();
  await assert.rejects(reader.next(), isKind("broken"));
});

const brokenAnswers: Readonly<Record<string, string>> = {
  "no HTTP at all": "220 smtp.example ESMTP\r\n\r\n",
  "heads without an end": `HTTP/1.1 200 OK\r\nx: ${"y".repeat(300_000)}`,
  "two lengths": "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
  "a switch of protocols": "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
  nothing: "",
};
for (const [what, answer] of Object.entries(brokenAnswers)) {
  test(`an upstream that answers with ${what} is a break`, async (context) => {
    const client = await startRaw(context, answer, (socket) => socket.end());
    await assert.rejects(client.send(), (error: unknown) => {
      assert.ok(isKind("broken")(error));
      assert.ok(!JSON.stringify(error).includes("smtp"), "what the upstream wrote is in the error");
      return true;
    });
  });
}

const cutBodies: Readonly<Record<string, string>> = {
  "shorter than its length": "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
  "cut between chunks": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
  "followed by no chunk": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n",
};
for (const [what, answer] of Object.entries(cutBodies)) {
  test(`a body that is ${what} gives what came and then a break`, async (context) => {
    const client = await startRaw(context, answer, (socket) => socket.end());
    const { body } = await client.send();
    let text = "";
    await assert.rejects(async () => {
      for await (const piece of body) text += Buffer.from(piece).toString();
    }, isKind("broken"));
    assert.equal(text, "half");
  });
}

test("hints before the answer are passed over, and an answer without a length ends with its connection", async (context) => {
  const answer = "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nwhole";
  const client = await startRaw(context, answer, (socket) => socket.end());
  const { status, body } = await client.send();
  assert.equal(status, 200);
  assert.equal(await readText(body), "whole");
});
