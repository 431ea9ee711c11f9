import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { scanCallBody, toUpstreamBytes } from "./scan-call-body.ts";

const scan = (value: unknown) => scanCallBody(Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));

test("the fields that decide are found wherever they stand, and those of the same name within others are not", () => {
  const body = {
    messages: [{ model: "inner", stream: true, content: 'a "model": "x" \\" \\\\' }],
    max_tokens: 7,
    "mo\\del": "no",
    model: 'claude-"é"',
    tools: [{ input_schema: { max_tokens: 9 } }],
    stream: true,
  };
  const view = scan(JSON.stringify(body, null, 2));
  assert.ok(!("code" in view));
  assert.deepEqual([view.model, view.stream, view.maxOutputTokens], ['claude-"é"', true, 7]);
});

test("another model's name changes nothing but the name", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (value, from, to) => {
      const bytes = Buffer.from(JSON.stringify({ value, model: from, more: value }));
      const view = scanCallBody(bytes);
      assert.ok(!("code" in view));
      assert.equal(view.model, from);
      assert.deepEqual(JSON.parse(Buffer.from(toUpstreamBytes(bytes, view, to)).toString()), {
        ...JSON.parse(bytes.toString()),
        model: to,
      });
      assert.equal(Buffer.from(toUpstreamBytes(bytes, view, from)).equals(bytes), true);
    }),
  );
});

test("whatever JSON takes for an object is read as JSON reads it", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.boolean(), (more, stream) => {
      const body = { ...more, model: "m", stream, max_tokens: 5, max_completion_tokens: 6 };
      const view = scan(JSON.stringify(body));
      assert.ok(!("code" in view), JSON.stringify(body));
      assert.deepEqual([view.model, view.stream, view.maxOutputTokens], ["m", stream, 6]);
    }),
  );
});

test("what is no whole object, or says a thing twice, is refused", () => {
  for (const text of [
    "",
    "null",
    "[]",
    '"model"',
    "{",
    '{"model"}',
    '{"model":}',
    '{"model":"m"',
    '{"model":"m',
    '{"model":"m"}}',
    '{"model":"m"} x',
    '{"model":"m","model":"n"}',
    '{"model":"m","\\u006dodel":"n"}',
    '{"model":"m","stream":true,"stream":false}',
    '{"model":1}',
    '{"model":""}',
    '{"stream":true}',
    '{"model":"m","stream":"yes"}',
    '{"model":"m","max_tokens":-1}',
    '{"model":"m","max_tokens":1.5}',
    '{"model":"m","max_tokens":"9"}',
    "{model:'m'}",
  ]) {
    const view = scan(text);
    assert.ok("code" in view && view.code === "invalid_request", text);
  }
});

test("our own object is cut out, wherever it stands, and read before", () => {
  for (const text of [
    '{"gantry":{"driver":"direct"},"model":"m","a":1}',
    '{"model":"m", "gantry" : {"driver":"direct"} , "a":1}',
    '{"model":"m","a":1, "gantry":{"driver":"direct"} }',
  ]) {
    const view = scan(text);
    assert.ok(!("code" in view));
    assert.equal(view.driver, "direct");
    const left = Buffer.from(toUpstreamBytes(Buffer.from(text), view, "n")).toString();
    assert.deepEqual(JSON.parse(left), { model: "n", a: 1 }, left);
  }
  for (const gantry of [1, [], { driver: "other" }, { driver: 1 }, { more: 1 }]) {
    assert.ok("code" in scan({ model: "m", gantry }), JSON.stringify(gantry));
  }
});

test("a stream's figures are asked for where the client did not, and only there", () => {
  for (const [more, options] of [
    [{}, { include_usage: true }],
    [{ stream_options: null }, { include_usage: true }],
    [{ stream_options: { include_usage: false, x: 1 } }, { include_usage: true, x: 1 }],
    [{ stream_options: { include_usage: true } }, { include_usage: true }],
  ] as const) {
    const bytes = Buffer.from(JSON.stringify({ gantry: {}, model: "m", stream: true, ...more }));
    const view = scanCallBody(bytes);
    assert.ok(!("code" in view));
    const sent: unknown = JSON.parse(Buffer.from(toUpstreamBytes(bytes, view, "n", true)).toString());
    assert.deepEqual(sent, { model: "n", stream: true, stream_options: options });
  }
  assert.ok("code" in scan({ model: "m", stream_options: 1 }));
});

test("images are counted apart from text", () => {
  const data = "iVBORw0KGgo".padEnd(100_000, "A");
  const view = scan({ model: "m", messages: [{ source: { data } }, { url: `data:image/png;base64,${data}` }] });
  assert.ok(!("code" in view));
  assert.equal(view.images, 2);
  assert.ok(view.textBytes < 200, String(view.textBytes));
  const prose = scan({ model: "m", messages: ["word ".repeat(20_000)] });
  assert.ok(!("code" in prose));
  assert.deepEqual([prose.images, prose.textBytes > 100_000], [0, true]);
});

test("no bytes make it fail or lose its way", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const view = scanCallBody(bytes);
      assert.ok("code" in view || typeof view.model === "string");
    }),
  );
  assert.ok("code" in scan(`{"model":${"[".repeat(1_000_000)}`));
  assert.ok("code" in scan(`{"model":"${"\\".repeat(1_000_001)}`));
});
