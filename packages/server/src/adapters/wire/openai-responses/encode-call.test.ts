import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallMessage, ModelCall } from "@gantry/contracts/model-call";
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

const inputOf = (messages: readonly CallMessage[]) => encode({ messages }).body.input;

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

test("a client that asks for thinking gets its summary; a budget or a prohibition is named", () => {
  const told = ([{ type: "adaptive" }, { type: "enabled", budgetTokens: 4096 }, { type: "disabled" }] as const).map(
    (thinking) => {
      const { body, ignored } = encode({ thinking, effort: "low" });
      return [body.reasoning, ignored];
    },
  );
  assert.deepEqual(told, [
    [{ effort: "low", summary: "auto" }, []],
    [{ effort: "low", summary: "auto" }, ["thinking.budget_tokens"]],
    [{ effort: "low" }, ["thinking.disabled"]],
  ]);
  assert.deepEqual(encode({ thinking: { type: "adaptive" } }).body.reasoning, { summary: "auto" });
  assert.ok(!("reasoning" in encode({ thinking: { type: "disabled" } }).body));
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

test("what is said becomes messages, calls and results of tools stand beside them, in order", () => {
  const image = { type: "image", source: { type: "base64", mediaType: "image/png", data: "AAAA" } } as const;
  const input = inputOf([
    { role: "user", content: [{ type: "text", text: "Look:" }, image] },
    {
      role: "assistant",
      content: [
        { type: "thinking", text: "Hm.", signature: "s" },
        { type: "text", text: "I read " },
        { type: "text", text: "both." },
        { type: "tool_call", id: "a", name: "Read", arguments: '{"path":"x"}' },
        { type: "tool_call", id: "b", name: "Now", arguments: "" },
      ],
    },
    {
      role: "user",
      content: [
        { type: "tool_result", callId: "a", content: [{ type: "text", text: "X" }], isError: false },
        { type: "tool_result", callId: "b", content: [{ type: "text", text: "Y" }, image], isError: false },
        { type: "tool_result", callId: "c", content: [], isError: false },
        { type: "text", text: "Well?" },
      ],
    },
    { role: "system", content: [{ type: "text", text: "Be brief." }] },
  ]);
  const expected: ResponseCreateParams["input"] = [
    {
      type: "message",
      role: "user",
      content: [
        { type: "input_text", text: "Look:" },
        { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "auto" },
      ],
    },
    { type: "message", role: "assistant", content: "I read both." },
    { type: "function_call", call_id: "a", name: "Read", arguments: '{"path":"x"}' },
    { type: "function_call", call_id: "b", name: "Now", arguments: "{}" },
    { type: "function_call_output", call_id: "a", output: "X" },
    {
      type: "function_call_output",
      call_id: "b",
      output: [
        { type: "input_text", text: "Y" },
        { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "auto" },
      ],
    },
    { type: "function_call_output", call_id: "c", output: "" },
    { type: "message", role: "user", content: [{ type: "input_text", text: "Well?" }] },
    { type: "message", role: "developer", content: [{ type: "input_text", text: "Be brief." }] },
  ];
  assert.deepEqual(input, expected);
});

test("an image by address is passed on by its address", () => {
  const source = { type: "url", url: "https://example.com/cat.png" } as const;
  assert.deepEqual(inputOf([{ role: "user", content: [{ type: "image", source }] }]), [
    { type: "message", role: "user", content: [{ type: "input_image", image_url: source.url, detail: "auto" }] },
  ]);
});

test("what has no place in the API is named, each once", () => {
  const result = { type: "tool_result", callId: "a", content: [], isError: true } as const;
  const { ignored } = encode({
    sampling: { topK: 5 },
    messages: [
      {
        role: "assistant",
        content: [
          { type: "thinking", text: "Hm." },
          { type: "redacted_thinking", data: "x" },
        ],
      },
      { role: "user", content: [result, result] },
    ],
  });
  assert.deepEqual(ignored, ["top_k", "messages.thinking", "tool_result.is_error"]);
});

test("a message of which nothing is left is left out", () => {
  assert.deepEqual(inputOf([{ role: "assistant", content: [{ type: "thinking", text: "Hm." }] }]), []);
});

test("stop sequences are refused, since the answer would run on without them", () => {
  const encoded = encodeCall({ ...bare, sampling: { stopSequences: ["END"] } }, "m");
  assert.ok(!encoded.ok);
  assert.deepEqual([encoded.failure.code, encoded.failure.param], ["unsupported_feature", "stop"]);
  assert.ok(encodeCall({ ...bare, sampling: { stopSequences: [] } }, "m").ok);
});

test("an image said by the assistant is refused, with its place", () => {
  const image = { type: "image", source: { type: "url", url: "https://example.com/cat.png" } } as const;
  const messages = [...bare.messages, { role: "assistant", content: [{ type: "text", text: "See:" }, image] } as const];
  const encoded = encodeCall({ ...bare, messages }, "m");
  assert.ok(!encoded.ok);
  assert.deepEqual([encoded.failure.code, encoded.failure.param], ["unsupported_feature", "messages[1].content[1]"]);
});
