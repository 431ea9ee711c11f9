import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertDiscreet } from "../harness/assert-chat-error.ts";
import { ask } from "../harness/chat.ts";
import { createRandom } from "../harness/random.ts";
import { connectRaw, toRawRequest } from "../harness/raw-client.ts";
import { untilAtRest } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

const toBody = (content: string, stream = false) => ({ model: "haiku", stream, messages: [{ role: "user", content }] });

describe("connections", () => {
  let gantry: Gantry;
  before(async () => {
    gantry = await startGantry();
  });
  after(async () => {
    await gantry.stop();
  });

  test("one connection serves one request after the other, streamed, whole and refused", async () => {
    const client = await connectRaw(gantry.url);
    client.socket.write(toRawRequest(gantry, toBody("[[demo:say first]]", true)));
    await client.until("data: [DONE]\n\n\r\n0\r\n\r\n");
    client.socket.write(toRawRequest(gantry, { model: 5 }));
    await client.until("invalid_request");
    client.socket.write(toRawRequest(gantry, toBody("[[demo:say second]]"), ["connection: close"]));
    const all = await client.closed;
    assert.match(all, /"content":"second"/);
    assert.equal(all.split("HTTP/1.1 ").length, 4);
  });

  test("requests sent in one go are answered in their order", async () => {
    const client = await connectRaw(gantry.url);
    const requests = ["one", "two", "three"].map((word) => toRawRequest(gantry, toBody(`[[demo:say ${word}]]`)));
    const last = toRawRequest(gantry, toBody("[[demo:say four]]", true), ["connection: close"]);
    client.socket.write([...requests, last].join(""));
    const all = await client.closed;
    assert.equal(all.split("HTTP/1.1 200 ").length, 5);
    const places = ["one", "two", "three", "four"].map((word) => all.indexOf(`"content":"${word}"`));
    assert.ok(!places.includes(-1), all);
    assert.deepEqual(
      places.toSorted((left, right) => left - right),
      places,
    );
  });

  test("a request that comes byte by byte is served", async () => {
    const client = await connectRaw(gantry.url);
    client.socket.setNoDelay(true);
    for (const byte of toRawRequest(gantry, toBody("[[demo:say slowly]]"), ["connection: close"])) {
      await new Promise<void>((resolve) => client.socket.write(byte, () => resolve()));
    }
    assert.match(await client.closed, /"content":"slowly"/);
  });

  test("an expected continue is given, and an upgrade is not", async () => {
    const request = toRawRequest(gantry, toBody("[[demo:say go on]]"), ["expect: 100-continue", "connection: close"]);
    const client = await connectRaw(gantry.url);
    client.socket.write(request);
    const all = await client.closed;
    assert.match(all, /^HTTP\/1\.1 100 Continue\r\n/);
    assert.match(all, /"content":"go on"/);
    const upgrading = await connectRaw(gantry.url);
    upgrading.socket.write(
      "GET /health HTTP/1.1\r\nhost: g\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n\r\n",
    );
    assert.match(await upgrading.closed, /^HTTP\/1\.1 200 /);
  });

  const broken: Record<string, string> = {
    "no HTTP": "hello, are you there?\r\n\r\n",
    TLS: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "an unknown method": "BREW /pot HTTP/1.1\r\nhost: g\r\n\r\n",
    "a version of its own": "GET /health HTTP/9.9\r\nhost: g\r\n\r\n",
    "a header without a colon": "GET /health HTTP/1.1\r\nhost g\r\n\r\n",
    "two lengths": "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",
    "a length and chunks":
      "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "a length below nothing": "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\ncontent-length: -1\r\n\r\n",
    "headers without end": `GET /health HTTP/1.1\r\nhost: g\r\nx: ${"x".repeat(100_000)}\r\n\r\n`,
    "a NUL in a header": "GET /health HTTP/1.1\r\nhost: g\r\nx: a\0b\r\n\r\n",
    "no host": "GET /health HTTP/1.1\r\n\r\n",
  };
  for (const [what, text] of Object.entries(broken)) {
    test(`${what} is a 400, and the server lives`, async () => {
      const client = await connectRaw(gantry.url);
      client.socket.write(text, "latin1");
      const raw = await client.closed;
      assert.match(raw, /^HTTP\/1\.1 400 Bad Request\r\n/);
      assertDiscreet({ raw, headers: new Headers() });
      if (what !== "no host")
        assert.match(raw, /\{"error":\{"message":"[^"]+","type":"invalid_request_error","param":null,/);
      assert.equal((await fetch(`${gantry.url}/health`)).status, 200);
    });
  }

  test("a body that breaks off, or is no chunk, costs nothing but its connection", async () => {
    const whole = toRawRequest(gantry, toBody("[[demo:say hello]]"));
    const broken = [
      whole.slice(0, -10),
      whole.replace(/content-length: \d+/, "transfer-encoding: chunked"),
      whole.replace(/content-length: \d+\r\n\r\n.*/, "transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n"),
    ];
    for (const text of broken) {
      const client = await connectRaw(gantry.url);
      client.socket.write(text);
      client.socket.end();
      assert.doesNotMatch(await client.closed, /HTTP\/1\.1 [25]/);
    }
    await untilAtRest(gantry);
  });

  test("random bytes on many connections disturb nobody", async () => {
    const random = createRandom(77);
    const noise = Array.from({ length: 50 }, async () => {
      const client = await connectRaw(gantry.url);
      const bytes = Buffer.from(Array.from({ length: 1 + random.below(2000) }, () => random.below(256)));
      client.socket.write(bytes);
      if (random.below(2) === 0) client.socket.destroy();
      else client.socket.end();
      await client.closed;
    });
    const asked = ["one", "two", "three"].map((word) => ask(gantry, toBody(`[[demo:say ${word}]]`, true)));
    assert.deepEqual(
      (await Promise.all(asked)).map(({ text }) => text),
      ["one", "two", "three"],
    );
    await Promise.all(noise);
    assert.equal((await fetch(`${gantry.url}/ready`)).status, 200);
  });
});
