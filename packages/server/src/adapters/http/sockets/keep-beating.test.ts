import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { createTestClock } from "../../../core/ports/test-clock.ts";
import { keepBeating } from "./keep-beating.ts";

async function connect(t: TestContext, autoPong: boolean) {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}`, { autoPong });
  t.after(() => client.terminate());
  const [served] = (await once(server, "connection")) as [WebSocket];
  return { client, served };
}

test("a client that answers its pings is kept", async (t) => {
  const { client, served } = await connect(t, true);
  const clock = createTestClock();
  const stop = keepBeating({ clock }, served);
  for (let beat = 0; beat < 3; beat += 1) {
    const answered = once(served, "pong");
    clock.advance(25_000);
    await answered;
  }
  assert.equal(client.readyState, client.OPEN);
  stop();
});

test("one that does not is cut when the next is due", async (t) => {
  const { client, served } = await connect(t, false);
  const clock = createTestClock();
  keepBeating({ clock }, served);
  const asked = once(client, "ping");
  const closed = once(client, "close");
  clock.advance(25_000);
  await asked;
  clock.advance(25_000);
  await closed;
  assert.equal(served.readyState, served.CLOSED);
});
