import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeChatCompletion } from "./decode.ts";

const user = { role: "user", content: "hi" };
const minimal = { model: "sonnet", messages: [user] };

function decodeGood(extra: object) {
  const decoded = decodeChatCompletion({ ...minimal, ...extra });
  assert.ok(decoded.ok, decoded.ok ? "" : decoded.failure.message);
  return decoded;
}

function decodeBad(body: unknown) {
  const decoded = decodeChatCompletion(body);
  assert.ok(!decoded.ok, "a failure was expected");
  return decoded.failure;
}

function assertRejected(extra: object, param: string, message: RegExp): void {
  const failure = decodeBad({ ...minimal, ...extra });
  assert.deepEqual({ code: failure.code, param: failure.param }, { code: "invalid_request", param });
  assert.ok(failure.message.startsWith(`${param}: `), failure.message);
  assert.match(failure.message, message);
}

test("the smallest request needs a model and one message", () => {
  assert.deepEqual(decodeGood({}), {
    ok: true,
    completion: {
      model: "sonnet",
      system: "",
      messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
      sampling: {},
    },
    stream: false,
    includeUsage: false,
    ignored: [],
  });
});

test("a body that is no object is refused", () => {
  for (const body of [undefined, null, 1, "text", true, [], [minimal]]) {
    assert.deepEqual(decodeBad(body).param, "body");
  }
  assert.equal(decodeBad(null).message, "body: expected a JSON object, got null");
});

test("wrong types and values are refused by field, with what was expected and what came", () => {
  const cases: readonly [object, string, RegExp][] = [
    [{ model: undefined }, "model", /got nothing/],
    [{ model: "" }, "model", /expected a model name of 1 to 256 characters, got the string ""/],
    [{ model: "x".repeat(257) }, "model", /got a string of 257 characters/],
    [{ model: 5 }, "model", /got the number 5/],
    [{ model: "a\ud800" }, "model", /got the string "a\\ud800"/],
    [{ messages: undefined }, "messages", /expected an array of messages, got nothing/],
    [{ messages: {} }, "messages", /got an object/],
    [{ messages: "hi" }, "messages", /got the string "hi"/],
    [{ messages: [] }, "messages", /at least one message besides the system prompt/],
    [{ max_tokens: 0 }, "max_tokens", /expected an integer from 1 to 1000000, got the number 0/],
    [{ max_tokens: -1 }, "max_tokens", /-1/],
    [{ max_tokens: 1.5 }, "max_tokens", /1\.5/],
    [{ max_tokens: 1_000_001 }, "max_tokens", /1000001/],
    [{ max_tokens: 1e300 }, "max_tokens", /1e\+300/],
    [{ max_tokens: Infinity }, "max_tokens", /Infinity/],
    [{ max_tokens: "10" }, "max_tokens", /got the string "10"/],
    [{ max_completion_tokens: 0, max_tokens: 5 }, "max_completion_tokens", /got the number 0/],
    [{ temperature: -0.1 }, "temperature", /expected a number from 0 to 2/],
    [{ temperature: 2.1 }, "temperature", /2\.1/],
    [{ temperature: "1" }, "temperature", /got the string "1"/],
    [{ top_p: 1.1 }, "top_p", /expected a number from 0 to 1/],
    [{ stop: 5 }, "stop", /expected a string or an array of strings, got the number 5/],
    [{ stop: "" }, "stop", /got the string ""/],
    [{ stop: "\n\n" }, "stop", /not all white space/],
    [{ stop: ["a", " "] }, "stop[1]", /not all white space/],
    [{ stop: ["a", null] }, "stop[1]", /got null/],
    [{ stop: ["a", "b", "c", "d", "e"] }, "stop", /at most 4 entries, got 5/],
    [{ stop: "x".repeat(1001) }, "stop", /1001/],
    [{ stop: "\udc00" }, "stop", /well-formed/],
    [{ stream: "yes" }, "stream", /expected true or false/],
    [{ stream_options: { include_usage: true } }, "stream_options", /as stream is not true/],
    [{ stream: false, stream_options: {} }, "stream_options", /as stream is not true/],
    [{ stream: true, stream_options: [] }, "stream_options", /got an empty array/],
    [{ stream: true, stream_options: { include_usage: 1 } }, "stream_options.include_usage", /got the number 1/],
    [{ n: 0 }, "n", /expected the number 1/],
    [{ n: "1" }, "n", /expected the number 1/],
    [{ tools: {} }, "tools", /expected an array/],
    [{ tool_choice: "sometimes" }, "tool_choice", /"none", "auto"/],
    [{ reasoning_effort: "much" }, "reasoning_effort", /one of none, minimal/],
    [{ modalities: "text" }, "modalities", /expected the array/],
    [{ response_format: "json" }, "response_format", /an object whose type is text/],
  ];
  for (const [extra, param, message] of cases) assertRejected(extra, param, message);
});

test("sampling settings are decoded", () => {
  const sampling = (extra: object) => decodeGood(extra).completion.sampling;
  assert.deepEqual(sampling({ max_tokens: 5 }), { maxOutputTokens: 5 });
  assert.deepEqual(sampling({ max_completion_tokens: 1_000_000 }), { maxOutputTokens: 1_000_000 });
  assert.deepEqual(sampling({ temperature: 0, top_p: 0 }), { temperature: 0, topP: 0 });
  assert.deepEqual(sampling({ temperature: 1, top_p: 1 }), { temperature: 1, topP: 1 });
  assert.deepEqual(sampling({ stop: "END" }), { stopSequences: ["END"] });
  assert.deepEqual(sampling({ stop: ["a", "b", "c", " d\n"] }), { stopSequences: ["a", "b", "c", " d\n"] });
});

test("max_completion_tokens beats max_tokens, which is reported where it differs", () => {
  const both = decodeGood({ max_tokens: 5, max_completion_tokens: 7 });
  assert.deepEqual(both.completion.sampling, { maxOutputTokens: 7 });
  assert.deepEqual(both.ignored, ["max_tokens"]);
  assert.deepEqual(decodeGood({ max_tokens: 7, max_completion_tokens: 7 }).ignored, []);
  assert.deepEqual(decodeGood({ max_tokens: 7, max_completion_tokens: null }).completion.sampling, {
    maxOutputTokens: 7,
  });
});

test("a temperature above 1 is capped and reported", () => {
  const { completion, ignored } = decodeGood({ temperature: 1.5 });
  assert.deepEqual(completion.sampling, { temperature: 1 });
  assert.deepEqual(ignored, ["temperature:capped-at-1"]);
});

test("streaming and its usage are decoded, other stream options reported", () => {
  const plain = decodeGood({ stream: true });
  assert.deepEqual([plain.stream, plain.includeUsage], [true, false]);
  const withUsage = decodeGood({ stream: true, stream_options: { include_usage: true, include_obfuscation: false } });
  assert.deepEqual([withUsage.stream, withUsage.includeUsage, withUsage.ignored], [true, true, []]);
  const padded = decodeGood({ stream: true, stream_options: { include_obfuscation: true, other: 1, none: null } });
  assert.deepEqual(padded.ignored, ["stream_options.include_obfuscation", "stream_options.other"]);
});

test("no JSON makes the decoder throw, and every failure carries a field", () => {
  const fields = [
    "model",
    "messages",
    "stop",
    "stream",
    "stream_options",
    "max_tokens",
    "tools",
    "n",
    "role",
    "content",
  ];
  const parts = ["type", "text", "image_url", "url", "refusal", "__proto__", "constructor"];
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(
        "user",
        "assistant",
        "system",
        "text",
        "image_url",
        "data:image/png;base64,iVBORw0KGgo=",
        "\ud800",
      ),
      fc.jsonValue(),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...fields, ...parts), tie("value"), { maxKeys: 6 }),
    ),
  })).value;
  const body = fc.oneof(
    json,
    fc.array(json).map((messages) => ({ model: "m", messages })),
  );
  fc.assert(
    fc.property(body, (input) => {
      const decoded = decodeChatCompletion(input);
      if (decoded.ok) return;
      assert.ok(decoded.failure.param);
      assert.ok(decoded.failure.message.startsWith(`${decoded.failure.param}: `));
      assert.ok(decoded.failure.message.length < 500);
      assert.doesNotMatch(decoded.failure.message, /Invalid input/, "zod's own words");
    }),
    { numRuns: 500 },
  );
});
