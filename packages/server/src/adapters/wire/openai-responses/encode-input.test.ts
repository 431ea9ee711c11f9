import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallMessage } from "@gantry/contracts/model-call";
import type { ResponseCreateParams } from "openai/resources/responses/responses";
import { createIgnoredFields } from "../ignored-fields.ts";
import { encodeInput } from "./encode-input.ts";

function inputOf(messages: readonly CallMessage[]) {
  const encoded = encodeInput(messages, createIgnoredFields());
  assert.ok(encoded.ok);
  return encoded.value;
}

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

test("words say that a tool's result is an error", () => {
  const result = {
    type: "tool_result",
    callId: "a",
    content: [{ type: "text", text: "no file" }],
    isError: true,
  } as const;
  assert.deepEqual(inputOf([{ role: "user", content: [result, { ...result, content: [] }] }]), [
    { type: "function_call_output", call_id: "a", output: "[this tool call failed]\nno file" },
    { type: "function_call_output", call_id: "a", output: "[this tool call failed]" },
  ]);
});

test("an id that is too long is sent as a digest, the same for a call and its result", () => {
  const id = "call_".repeat(20);
  const [call, result] = inputOf([
    { role: "assistant", content: [{ type: "tool_call", id, name: "Now", arguments: "{}" }] },
    { role: "user", content: [{ type: "tool_result", callId: id, content: [], isError: false }] },
  ]);
  assert.ok(call?.type === "function_call" && result?.type === "function_call_output");
  assert.match(call.call_id, /^[0-9a-f]{64}$/);
  assert.equal(result.call_id, call.call_id);
});

test("a message of which nothing is left is left out", () => {
  assert.deepEqual(inputOf([{ role: "assistant", content: [{ type: "thinking", text: "Hm." }] }]), []);
  assert.deepEqual(inputOf([{ role: "user", content: [{ type: "text", text: "" }] }]), []);
});

test("an image said by the assistant is refused, with its place", () => {
  const image = { type: "image", source: { type: "url", url: "https://example.com/cat.png" } } as const;
  const messages = [
    { role: "user", content: [{ type: "text", text: "hi" }] },
    { role: "assistant", content: [{ type: "text", text: "See:" }, image] },
  ] as const;
  const encoded = encodeInput(messages, createIgnoredFields());
  assert.ok(!encoded.ok);
  assert.deepEqual([encoded.failure.code, encoded.failure.param], ["unsupported_feature", "messages[1].content[1]"]);
});
