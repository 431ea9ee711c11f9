import assert from "node:assert/strict";
import { test } from "node:test";
import type OpenAI from "openai";
import type { CallMessage } from "@gantry/contracts/model-call";
import { createPng, toDataUrl } from "../../../../../../../test/fixtures/openai-chat/sample-images.ts";
import { decodeRequest } from "./decode-request.ts";
import { packThinking } from "./sealed-thinking.ts";
import { readRequest, responseId, type CreateParams } from "./test-read.ts";

const text = (said: string) => ({ type: "text", text: said }) as const;
const user = (...said: string[]): CallMessage => ({ role: "user", content: said.map(text) });
const pdf = Buffer.from("%PDF-1.4\n%%EOF").toString("base64");
const weather: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "weather",
  description: "Tells the weather",
  parameters: { type: "object", properties: { city: { type: "string" } } },
  strict: true,
};

test("a string is what the user says, and instructions are the system prompt", () => {
  const { call, items, ignored } = readRequest({ input: "Hello", instructions: "Be brief." } satisfies CreateParams);
  assert.deepEqual(call, {
    model: "sonnet",
    system: [text("Be brief.")],
    messages: [user("Hello")],
    tools: [],
    toolChoice: undefined,
    sampling: {},
    stream: false,
  });
  const id = `msg_${responseId.slice(5)}80000`;
  const content = [{ type: "input_text", text: "Hello" }];
  assert.deepEqual(items, [{ id, type: "message", status: "completed", role: "user", content }]);
  assert.deepEqual(ignored, []);
});

test("items become messages in their order, with images, documents, calls and their results", () => {
  const png = createPng(4, 4);
  const body: CreateParams = {
    input: [
      { role: "developer", content: "First." },
      {
        role: "user",
        content: [
          { type: "input_text", text: "Look" },
          { type: "input_image", image_url: toDataUrl(png), detail: "high" },
          { type: "input_file", file_data: `data:application/pdf;base64,${pdf}`, filename: "a.pdf" },
          { type: "input_file", file_url: "https://example.com/b.pdf" },
        ],
      },
      { type: "function_call", call_id: "c1", name: "weather", arguments: '{"city":"Rome"}' },
      { type: "function_call", call_id: "c2", name: "weather", arguments: "" },
      { role: "developer", content: "Later." },
      { type: "function_call_output", call_id: "c2", output: "rain" },
      { role: "user", content: "Well?" },
      { type: "function_call_output", call_id: "c1", output: [{ type: "input_text", text: "sun" }] },
      { type: "message", role: "assistant", content: "Sunny." },
      { role: "user", content: "And?" },
    ],
    tools: [weather],
  };
  const { call, ignored } = readRequest(body);
  const document = { type: "base64", mediaType: "application/pdf", data: pdf } as const;
  const result = (callId: string, said: string) => ({
    type: "tool_result",
    callId,
    content: [text(said)],
    isError: false,
  });
  assert.deepEqual(call.system, [text("First.")]);
  assert.deepEqual(call.messages, [
    {
      role: "user",
      content: [
        text("Look"),
        { type: "image", source: { type: "base64", mediaType: "image/png", data: png.toString("base64") } },
        { type: "document", source: document, title: "a.pdf" },
        { type: "document", source: { type: "url", url: "https://example.com/b.pdf" } },
      ],
    },
    {
      role: "assistant",
      content: [
        { type: "tool_call", id: "c1", name: "weather", arguments: '{"city":"Rome"}' },
        { type: "tool_call", id: "c2", name: "weather", arguments: "" },
      ],
    },
    { role: "user", content: [result("c2", "rain"), result("c1", "sun"), text("Well?")] },
    { role: "system", content: [text("Later.")] },
    { role: "assistant", content: [text("Sunny.")] },
    user("And?"),
  ]);
  assert.deepEqual(ignored, ["input[1].content[1].detail"]);
});

test("every setting reaches the call, and what has no effect is named", () => {
  const schema = { type: "object" };
  const { call, ignored } = readRequest({
    input: "x",
    tools: [weather],
    tool_choice: { type: "function", name: "weather" },
    parallel_tool_calls: false,
    max_output_tokens: 99,
    temperature: 1.5,
    top_p: 0.5,
    reasoning: { effort: "high", summary: "auto" },
    text: { format: { type: "json_schema", name: "city", schema, strict: true }, verbosity: "low" },
    truncation: "auto",
    include: ["reasoning.encrypted_content", "message.output_text.logprobs"],
    safety_identifier: "u1",
    service_tier: "flex",
    top_logprobs: 2,
    prompt_cache_key: "k",
    max_tool_calls: 3,
    stream: true,
    stream_options: { include_obfuscation: false },
    unheard_of: 1,
  });
  assert.deepEqual(call, {
    model: "sonnet",
    system: [],
    messages: [user("x")],
    tools: [{ name: "weather", description: weather.description, inputSchema: weather.parameters, strict: true }],
    toolChoice: { type: "tool", name: "weather" },
    parallelToolCalls: false,
    sampling: { maxOutputTokens: 99, temperature: 1.5, topP: 0.5 },
    effort: "high",
    thinking: { type: "adaptive" },
    outputFormat: { type: "json_schema", name: "city", schema, strict: true },
    endUser: "u1",
    stream: true,
  });
  assert.deepEqual(ignored, [
    "service_tier",
    "top_logprobs",
    "prompt_cache_key",
    "max_tool_calls",
    "unheard_of",
    "text.verbosity",
    "include[1]",
    "truncation",
  ]);
});

test("a response is kept unless the client says otherwise, and made in the background where it asks", () => {
  const read = (body: object) => decodeRequest({ model: "m", input: "x", ...body });
  assert.partialDeepStrictEqual(read({}), { stored: true, background: false, previousId: undefined, references: [] });
  assert.partialDeepStrictEqual(read({ store: false, previous_response_id: "resp_1" }), {
    stored: false,
    previousId: "resp_1",
  });
  assert.partialDeepStrictEqual(read({ background: true }), { stored: true, background: true });
});

test("what was kept goes before the input; its instructions were given with it", () => {
  const first = readRequest({ input: "One", instructions: "Old." });
  const answer = { id: "msg_1", type: "message", role: "assistant", content: [{ type: "output_text", text: "Two" }] };
  const { call } = readRequest({ input: "Three" }, [...first.items, answer]);
  assert.deepEqual(call.system, []);
  assert.deepEqual(call.messages, [user("One"), { role: "assistant", content: [text("Two")] }, user("Three")]);
});

test("an item that is named is put in its place, and one that is not known is a 404", () => {
  const answer = { id: "msg_1", type: "message", role: "assistant", content: [{ type: "output_text", text: "Two" }] };
  const input = ["One", { id: "msg_1" }, { type: "item_reference", id: "msg_1" }, "Three"].map((item) =>
    typeof item === "string" ? { role: "user", content: item } : item,
  );
  const decoded = decodeRequest({ model: "m", input });
  assert.ok(decoded.ok);
  assert.deepEqual(decoded.references, ["msg_1"]);
  const { call, items } = readRequest({ input }, [], { msg_1: answer });
  assert.deepEqual(call.messages[1], { role: "assistant", content: [text("Two"), text("Two")] });
  assert.equal(items[1], answer);
  const missing = decoded.read({ responseId, earlier: [], findItem: () => undefined });
  assert.partialDeepStrictEqual(missing, { failure: { code: "not_found", param: "input[1].id" } });
});

test("what was thought comes back with its seal, and is named where it has none", () => {
  const sealed = packThinking([
    { type: "thinking", text: "hm", signature: "s" },
    { type: "redacted_thinking", data: "d" },
    { type: "thinking", text: "never sealed" },
  ]);
  const input = [
    { role: "user", content: "One" },
    { type: "reasoning", id: "rs_1", summary: [], encrypted_content: sealed },
    { type: "reasoning", id: "rs_2", summary: [], encrypted_content: "another vendor's" },
    { role: "assistant", content: "Two" },
    { role: "user", content: "Three" },
  ];
  const { call, ignored } = readRequest({ input });
  assert.deepEqual(call.messages[1]?.content, [
    { type: "thinking", text: "hm", signature: "s" },
    { type: "redacted_thinking", data: "d" },
    text("Two"),
  ]);
  assert.deepEqual(ignored, ["input[2]:no-seal"]);
});

test("of the tools only those that are allowed are offered", () => {
  const tools = ["f", "g"].map((name) => ({ type: "function", name }));
  const choice = (mode: string, ...names: string[]) => ({
    input: "x",
    tools,
    tool_choice: { type: "allowed_tools", mode, tools: names.map((name) => ({ type: "function", name })) },
  });
  const { call } = readRequest(choice("required", "g"));
  assert.deepEqual([call.tools.map(({ name }) => name), call.toolChoice], [["g"], { type: "any" }]);
  assert.partialDeepStrictEqual(readRequest(choice("auto", "f", "g")).call, { toolChoice: { type: "auto" } });
  for (const [body, param] of [
    [choice("auto", "h"), "tool_choice.tools[0].name"],
    [choice("auto"), "tool_choice.tools"],
  ] as const) {
    assert.partialDeepStrictEqual(decodeRequest({ model: "m", ...body }), { ok: false, failure: { param } });
  }
});
