import { test } from "node:test";
import assert from "node:assert/strict";
import { decodeChatCompletion } from "./decode.ts";

const minimal = { model: "sonnet", messages: [{ role: "user", content: "hi" }] };

function decodeGood(extra: object) {
  const decoded = decodeChatCompletion({ ...minimal, ...extra });
  assert.ok(decoded.ok, decoded.ok ? "" : decoded.failure.message);
  return decoded;
}

test("what would give a wrong answer is refused as unsupported", () => {
  const cases: readonly [object, string][] = [
    [{ n: 2 }, "n"],
    [{ audio: { voice: "alloy", format: "wav" } }, "audio"],
    [{ modalities: ["text", "audio"] }, "modalities"],
    [{ functions: [{ name: "f" }] }, "functions"],
    [{ function_call: { name: "f" } }, "function_call"],
  ];
  for (const [extra, param] of cases) {
    const decoded = decodeChatCompletion({ ...minimal, ...extra });
    assert.ok(!decoded.ok, param);
    assert.deepEqual([decoded.failure.code, decoded.failure.param], ["unsupported_feature", param]);
    assert.ok(decoded.failure.message.startsWith(`${param}: `), decoded.failure.message);
  }
});

test("values that change nothing pass in silence", () => {
  const neutral = {
    n: 1,
    audio: null,
    modalities: ["text"],
    tools: [],
    functions: [],
    tool_choice: "auto",
    function_call: "none",
    response_format: { type: "text" },
    frequency_penalty: 0,
    presence_penalty: -0,
    logprobs: false,
    top_logprobs: 0,
    logit_bias: {},
    metadata: {},
    store: false,
    service_tier: "auto",
    parallel_tool_calls: true,
    verbosity: "medium",
    seed: null,
    user: undefined,
    stop: [],
    max_tokens: null,
    temperature: null,
    stream: null,
    stream_options: null,
    unknown_field: null,
  };
  const { completion, ignored } = decodeGood(neutral);
  assert.deepEqual(ignored, []);
  assert.deepEqual(completion.sampling, {});
});

test("what a CLI cannot honour is named, and so is what nobody knows", () => {
  const { ignored } = decodeGood({
    seed: 0,
    logit_bias: { 1: 5 },
    presence_penalty: 0.1,
    frequency_penalty: -1,
    logprobs: true,
    top_logprobs: 3,
    user: "ada",
    store: true,
    metadata: { a: "b" },
    service_tier: "flex",
    prediction: { type: "content", content: "x" },
    verbosity: "low",
    safety_identifier: "s",
    prompt_cache_key: "k",
    web_search_options: {},
    thinking: { type: "enabled" },
  });
  const expected =
    "seed logit_bias presence_penalty frequency_penalty logprobs top_logprobs user store metadata service_tier " +
    "prediction verbosity safety_identifier prompt_cache_key web_search_options thinking";
  assert.deepEqual(ignored.toSorted(), expected.split(" ").toSorted());
});

test("names of ignored fields are safe for a header", () => {
  const body: unknown = JSON.parse(
    '{"model":"m","messages":[{"role":"user","content":"hi"}],"__proto__":{"n":2},"constructor":1,"a\\r\\nb: c":1,"":1,"é,ü":1}',
  );
  const decoded = decodeChatCompletion(body);
  assert.ok(decoded.ok);
  assert.deepEqual(decoded.ignored, ["__proto__", "constructor", "a__b__c", "_", "___"]);

  const { ignored } = decodeGood({ ["x".repeat(1000)]: 1 });
  assert.deepEqual(ignored, ["x".repeat(64)]);
});

test("at most 50 ignored names are listed and the rest is counted", () => {
  const many = Object.fromEntries(Array.from({ length: 73 }, (_, index) => [`field_${index}`, 1]));
  const { ignored } = decodeGood(many);
  assert.equal(ignored.length, 51);
  assert.equal(ignored[0], "field_0");
  assert.equal(ignored[50], "+23");
});
