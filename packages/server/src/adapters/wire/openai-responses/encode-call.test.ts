import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelCall } from "@gantry/contracts/model-call";
import type { ResponseCreateParams } from "openai/resources/responses/responses";
import { encodeCall } from "./encode-call.ts";
import type { ResponsesRequest } from "./request-body.ts";

const bare: ModelCall = {
  model: "sonnet",
  system: [],
  messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
  tools: [],
  toolChoice: undefined,
  sampling: {},
  stream: true,
};
const tool = { name: "Read", inputSchema: { type: "object", properties: { path: { type: "string" } } } };

function encode(more: Partial<ModelCall> = {}): { body: ResponsesRequest; ignored: readonly string[] } {
  const encoded = encodeCall({ ...bare, ...more }, "gpt-6-astra");
  assert.ok(encoded.ok);
  return encoded;
}

test("a plain call says nothing that the client did not say, and has nothing stored", () => {
  const { body, ignored } = encode();
  // The official client's type: what it does not know does not compile.
  const expected: ResponseCreateParams = {
    model: "gpt-6-astra",
    input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] }],
    stream: true,
    store: false,
  };
  assert.deepEqual(body, expected);
  assert.deepEqual(ignored, []);
});

test("a body is one that the official client's types know", () => {
  const typed: ResponseCreateParams = encode({ tools: [tool] }).body;
  assert.equal(typed.model, "gpt-6-astra");
});

test("settings are carried over under the API's names", () => {
  const { body, ignored } = encode({
    system: [
      { type: "text", text: "One." },
      { type: "text", text: "Two." },
    ],
    sampling: { maxOutputTokens: 100, temperature: 0.5, topP: 0.9 },
    effort: "xhigh",
    endUser: "ada",
    stream: false,
  });
  const expected: ResponseCreateParams = {
    model: "gpt-6-astra",
    instructions: "One.\n\nTwo.",
    input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] }],
    max_output_tokens: 100,
    temperature: 0.5,
    top_p: 0.9,
    reasoning: { effort: "xhigh" },
    safety_identifier: "ada",
    stream: false,
    store: false,
  };
  assert.deepEqual(body, expected);
  assert.deepEqual(ignored, []);
});

test("a user's name that is too long is sent as a digest, the same for the same name", () => {
  const long = "user_".repeat(40);
  const sent = encode({ endUser: long }).body.safety_identifier;
  assert.match(sent ?? "", /^[0-9a-f]{64}$/);
  assert.equal(encode({ endUser: long }).body.safety_identifier, sent);
  assert.notEqual(encode({ endUser: `${long}2` }).body.safety_identifier, sent);
});

test("tools are functions, strict only where the client says so", () => {
  const { tools } = encode({
    tools: [tool, { name: "Now", description: "The time.", inputSchema: { type: "object" }, strict: true }],
  }).body;
  assert.deepEqual(tools, [
    { type: "function", name: "Read", parameters: tool.inputSchema, strict: false },
    {
      type: "function",
      name: "Now",
      description: "The time.",
      parameters: { type: "object", properties: {} },
      strict: true,
    },
  ]);
});

test("each choice of a tool has its word", () => {
  const told = ([{ type: "auto" }, { type: "any" }, { type: "none" }, { type: "tool", name: "Read" }] as const).map(
    (toolChoice) => encode({ tools: [tool], toolChoice }).body.tool_choice,
  );
  assert.deepEqual(told, ["auto", "required", "none", { type: "function", name: "Read" }]);
  assert.equal(encode({ tools: [tool], parallelToolCalls: false }).body.parallel_tool_calls, false);
  assert.ok(!("tool_choice" in encode({ tools: [tool] }).body));
});

test("without tools nothing is said about them, and a choice among none is named", () => {
  const { body, ignored } = encode({ toolChoice: { type: "any" }, parallelToolCalls: true });
  assert.ok(!("tools" in body) && !("tool_choice" in body) && !("parallel_tool_calls" in body));
  assert.deepEqual(ignored, ["tool_choice"]);
  assert.deepEqual(encode({ toolChoice: { type: "auto" } }).ignored, []);
});

test("a client that asks for thinking gets its summary", () => {
  assert.deepEqual(encode({ thinking: { type: "adaptive" } }).body.reasoning, { summary: "auto" });
  const { body, ignored } = encode({ thinking: { type: "adaptive" }, effort: "low" });
  assert.deepEqual([body.reasoning, ignored], [{ effort: "low", summary: "auto" }, []]);
});

test("a budget of thinking becomes the nearest effort, and is named", () => {
  const told = [1024, 4096, 10_000, 32_000].map((budgetTokens) => {
    const { body, ignored } = encode({ thinking: { type: "enabled", budgetTokens } });
    return [body.reasoning, ignored];
  });
  const toTold = (effort: string) => [{ effort, summary: "auto" }, [`thinking.budget_tokens:effort-${effort}`]];
  assert.deepEqual(told, ["low", "low", "medium", "high"].map(toTold));
  const { body, ignored } = encode({ thinking: { type: "enabled", budgetTokens: 32_000 }, effort: "low" });
  assert.deepEqual([body.reasoning, ignored], [{ effort: "low", summary: "auto" }, ["thinking.budget_tokens"]]);
});

test("a prohibition of thinking is named, where no effort says it better", () => {
  const { body, ignored } = encode({ thinking: { type: "disabled" } });
  assert.ok(!("reasoning" in body));
  assert.deepEqual(ignored, ["thinking.disabled"]);
  const told = encode({ thinking: { type: "disabled" }, effort: "none" });
  assert.deepEqual([told.body.reasoning, told.ignored], [{ effort: "none" }, []]);
});

test("a model that does not reason is told nothing about it", () => {
  const encoded = encodeCall({ ...bare, effort: "high", thinking: { type: "enabled", budgetTokens: 9 } }, "gpt-4o");
  assert.ok(encoded.ok && !("reasoning" in encoded.body));
  assert.deepEqual(encoded.ignored, ["effort", "thinking.budget_tokens"]);
});

test("formats of the answer are carried over, and a schema always has a name", () => {
  const schema = { type: "object" };
  const formats = [
    encode({ outputFormat: { type: "json_object" } }),
    encode({ outputFormat: { type: "json_schema", schema } }),
    encode({ outputFormat: { type: "json_schema", name: "city", schema, strict: true } }),
  ].map(({ body }) => body.text?.format);
  assert.deepEqual(formats, [
    { type: "json_object" },
    { type: "json_schema", name: "answer", schema },
    { type: "json_schema", name: "city", schema, strict: true },
  ]);
});

test("what has no place in the API is named, each once", () => {
  const content = [
    { type: "thinking", text: "Hm." },
    { type: "redacted_thinking", data: "x" },
  ] as const;
  const { ignored } = encode({ sampling: { topK: 5 }, messages: [{ role: "assistant", content }] });
  assert.deepEqual(ignored, ["thinking", "top_k"]);
});

test("stop sequences are refused, since the answer would run on without them", () => {
  const encoded = encodeCall({ ...bare, sampling: { stopSequences: ["END"] } }, "m");
  assert.ok(!encoded.ok);
  assert.deepEqual([encoded.failure.code, encoded.failure.param], ["unsupported_feature", "stop_sequences"]);
  assert.ok(encodeCall({ ...bare, sampling: { stopSequences: [] } }, "m").ok);
});
