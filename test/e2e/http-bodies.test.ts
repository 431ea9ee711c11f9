import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertDiscreet } from "../harness/assert-chat-error.ts";
import { ask, type ChatReply, readReply, sendChat } from "../harness/chat.ts";
import { createRandom } from "../harness/random.ts";
import { connectRaw } from "../harness/raw-client.ts";
import { untilAtRest } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

const limit = 10 * 1024 * 1024;
const hello = { model: "haiku", messages: [{ role: "user", content: "[[demo:say hello]]" }] };

describe("bodies", () => {
  let gantry: Gantry;
  before(async () => {
    gantry = await startGantry({ env: { GANTRY_MAX_PROCESSES: "4", GANTRY_QUEUE_LENGTH: "1000" } });
  });
  after(async () => {
    await untilAtRest(gantry);
    await gantry.stop();
  });

  const send = async (body: string | Uint8Array | ReadableStream, contentType = "application/json") =>
    readReply(
      await fetch(`${gantry.url}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${gantry.key}`, ...(contentType !== "" && { "content-type": contentType }) },
        body,
        ...(body instanceof ReadableStream && { duplex: "half" }),
      }),
    );

  function assertRefused(reply: ChatReply, status: number, code: string, what: string): void {
    assert.deepEqual([reply.status, reply.error?.code], [status, code], `${what}: ${reply.raw}`);
    assert.ok(reply.raw.length < 2000, what);
    assertDiscreet(reply);
  }

  test("what is no JSON object in UTF-8 is a 400 that does not repeat it", async () => {
    const bodies: Record<string, string | Uint8Array> = {
      nothing: "",
      "a blank": " ",
      "half of an object": '{"model":"haiku","messages":[{"role":"user","content":"sec',
      "a trailing comma": '{"model":"haiku",}',
      "two objects": "{}{}",
      "no JSON": "sesame open up",
      "a form": "model=haiku&stream=true",
      null: "null",
      "an array": "[]",
      "a string": '"text"',
      "a number": "1e999",
      "invalid UTF-8": new Uint8Array([...Buffer.from('{"model":"'), 0xff, 0xfe, ...Buffer.from('"}')]),
      "a half surrogate in UTF-8": new Uint8Array([...Buffer.from('{"a":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')]),
      "UTF-16": Buffer.from(JSON.stringify(hello), "utf16le"),
      "a NUL": "\0",
      "deep arrays": "[".repeat(100_000),
      "deep arrays that end": `{"messages":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
      "deep objects in a field nobody knows": `{"x":${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}}`,
      "deep content": `{"model":"haiku","messages":[{"role":"user","content":${"[".repeat(50_000)}${"]".repeat(50_000)}}]}`,
    };
    for (const [what, body] of Object.entries(bodies)) {
      const reply = await send(body);
      assertRefused(reply, 400, "invalid_request", what);
      assert.ok(!reply.raw.includes("sesame"));
    }
  });

  test("a wrong type or none is a 415", async () => {
    const json = JSON.stringify(hello);
    for (const type of [
      "text/plain",
      "multipart/form-data; boundary=x",
      "application/xml",
      "json",
      "application/jsonx",
    ]) {
      assertRefused(await send(json, type), 415, "unsupported_media_type", type);
    }
    assertRefused(await send(Buffer.from(json), ""), 415, "unsupported_media_type", "none");
    assert.equal((await send(json, "application/json; charset=utf-8")).text, "hello");
    assert.equal((await send(json, "Application/JSON")).text, "hello");
    // Of curl, where it is told none.
    assert.equal((await send(json, "application/x-www-form-urlencoded")).text, "hello");
    assertRefused(await send("a=b", "application/x-www-form-urlencoded"), 400, "invalid_request", "a form");
  });

  test("the largest body is taken, one byte more is a 413, announced or not", async () => {
    const wrap = (size: number): string => {
      const frame = JSON.stringify({ ...hello, metadata: { filler: "" } });
      return frame.replace('"filler":""', `"filler":"${"x".repeat(size - Buffer.byteLength(frame))}"`);
    };
    const largest = await send(wrap(limit));
    assert.notEqual(largest.status, 413, largest.raw);
    assertRefused(await send(wrap(limit + 1)), 413, "body_too_large", "announced");
    assertRefused(await send(toStream(wrap(limit + 1))), 413, "body_too_large", "not announced");
    const { socket, until, closed } = await connectRaw(gantry.url);
    const head = ["POST /v1/chat/completions HTTP/1.1", "host: gantry", `authorization: Bearer ${gantry.key}`];
    socket.write([...head, "content-type: application/json", "content-length: 99999999999", "", "{"].join("\r\n"));
    await until("body_too_large");
    socket.destroy();
    await closed;
  });

  test("names that mean something to the language are just names", async () => {
    const text = `{"__proto__":{"stream":true},"constructor":{"prototype":{"x":1}},${JSON.stringify(hello).slice(1)}`;
    const reply = await send(text);
    assert.ok(reply.status === 200 || reply.status === 400, reply.raw);
    assert.equal(reply.chunks.length, 0);
    assert.equal((await ask(gantry, hello)).text, "hello");
  });

  test("whatever is sent is answered or refused: a few hundred random bodies", async () => {
    const random = createRandom(20_261_120);
    const bodies = Array.from({ length: 400 }, () => makeBody(random));
    let served = 0;
    for (let start = 0; start < bodies.length; start += 20) {
      await Promise.all(
        bodies.slice(start, start + 20).map(async (body) => {
          const response = await sendChat(gantry, body);
          const raw = await response.text();
          assert.ok(response.status < 500, `${response.status} for ${body}: ${raw}`);
          if (response.status === 200) served += 1;
          else assert.match(JSON.parse(raw).error.code, /^[a-z_]+$/);
          assertDiscreet({ raw, headers: response.headers });
        }),
      );
    }
    assert.ok(served > 10, `only ${served} were answered: the bodies are too wild to test anything`);
    assert.ok(served < 390, `${served} were answered: the bodies are too tame`);
    assert.doesNotMatch(gantry.stderr(), /failed inside/);
  });
});

type Random = ReturnType<typeof createRandom>;

/** A request that is right, with a few of its parts replaced by anything, as text with a few characters changed. */
function makeBody(random: Random): string {
  const body: Record<string, unknown> = {
    model: random.pick(["haiku", "haiku", "haiku", "sonnet", "nonesuch", ""]),
    messages: Array.from({ length: random.below(4) + 1 }, (_, index) => ({
      role: random.below(8) === 0 ? anything(random, 0) : index % 2 === 0 ? "user" : "assistant",
      content: random.below(5) === 0 ? anything(random, 2) : random.pick(texts),
    })),
  };
  for (let count = random.below(3); count > 0; count -= 1) body[random.pick(fields)] = anything(random, 2);
  const text = JSON.stringify(body);
  if (random.below(5) !== 0) return text;
  const at = random.below(text.length);
  return text.slice(0, at) + random.pick(["", '"', "{", "]", ",", "\0", "\\u12", "\ud800"]) + text.slice(at + 1);
}

const fields = [
  ..."stream stream_options temperature top_p max_tokens max_completion_tokens stop n seed tools tool_choice".split(
    " ",
  ),
  ..."response_format logit_bias user metadata modalities audio messages model reasoning_effort nonsense __proto__".split(
    " ",
  ),
];
const texts = [
  "[[demo:say hi]]",
  "",
  " ",
  "/clear",
  "@/etc/passwd",
  "ä€😀\u2028",
  "\u0000",
  "[[demo:echo]]",
  "x".repeat(3000),
];

function anything(random: Random, depth: number): unknown {
  const plain = [null, true, false, 0, -1, 1, 1.5, 1e308, -0, 4096, "", "text", "auto", "\ud800", [], {}];
  if (depth === 0 || random.below(2) === 0) return random.pick([...plain, ...texts]);
  if (random.below(2) === 0) return Array.from({ length: random.below(4) }, () => anything(random, depth - 1));
  const names = ["type", "text", "content", "role", "image_url", "url", "include_usage", "function", "name", "x"];
  const types = [
    "text",
    "image_url",
    "input_audio",
    "file",
    "refusal",
    "data:image/png;base64,AAAA",
    "https://x/y.png",
  ];
  return Object.fromEntries(
    Array.from({ length: random.below(4) }, () => [
      random.pick(names),
      random.below(2) === 0 ? random.pick(types) : anything(random, depth - 1),
    ]),
  );
}

/** Sent in chunks of no announced length. */
function toStream(text: string): ReadableStream {
  const bytes = Buffer.from(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(bytes.subarray(at, at + 65_536));
      at += 65_536;
      if (at >= bytes.length) controller.close();
    },
  });
}
