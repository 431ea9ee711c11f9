import { test } from "node:test";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import type { ChatCompletionCreateParams } from "openai/resources/chat/completions";
import { createPng, toDataUrl } from "../../../../../../test/fixtures/openai-chat/sample-images.ts";
import { decodeCall } from "./decode-call.ts";

const hi = { role: "user", content: "Hi" } as const;
const text = (said: string) => ({ type: "text", text: said }) as const;
const look = { type: "function", function: { name: "look", parameters: { type: "object", properties: {} } } } as const;
const plainCall = {
  model: "m",
  system: [],
  messages: [{ role: "user", content: [text("Hi")] }],
  tools: [],
  toolChoice: undefined,
  sampling: {},
  stream: false,
};

function decode(body: unknown) {
  const decoded = decodeCall(body, "direct");
  if (!decoded.ok) throw new Error(decoded.failure.message);
  const { call, includeUsage, ignored } = decoded;
  return { call, includeUsage, ignored };
}
const decodeWith = (extra: object) => decode({ model: "m", messages: [hi], ...extra });
const messagesOf = (messages: readonly unknown[]) => decode({ model: "m", messages }).call.messages;

test("a body with everything that is served decodes to the whole call", () => {
  const body: ChatCompletionCreateParams = {
    model: "gpt",
    messages: [
      { role: "system", content: "S" },
      { role: "developer", content: [text("D"), text("E")] },
      {
        role: "user",
        content: [
          text("See"),
          { type: "image_url", image_url: { url: toDataUrl(createPng(3, 2), "image/png") } },
          { type: "image_url", image_url: { url: "https://example.com/cat.png" } },
        ],
      },
      {
        role: "assistant",
        content: "I look.",
        tool_calls: [
          { id: "a", type: "function", function: { name: "look", arguments: '{"at":1}' } },
          { id: "b", type: "function", function: { name: "look", arguments: "{}" } },
        ],
      },
      { role: "tool", tool_call_id: "a", content: "one" },
      { role: "tool", tool_call_id: "b", content: [text("two"), text("three")] },
      { role: "user", content: "And?" },
      { role: "developer", content: "Be brief." },
    ],
    tools: [
      {
        type: "function",
        function: { name: "look", description: "Looks.", parameters: { type: "object", properties: {} }, strict: true },
      },
      { type: "function", function: { name: "now" } },
    ],
    tool_choice: { type: "function", function: { name: "now" } },
    parallel_tool_calls: false,
    max_completion_tokens: 100,
    temperature: 1.5,
    top_p: 0.9,
    stop: "END",
    reasoning_effort: "xhigh",
    response_format: {
      type: "json_schema",
      json_schema: { name: "city", schema: { type: "object" }, strict: true },
    },
    safety_identifier: "ada",
    stream: true,
    stream_options: { include_usage: true },
    n: 1,
    seed: 7,
  };
  assert.deepEqual(decode(body), {
    call: {
      model: "gpt",
      system: [text("S"), text("D"), text("E")],
      messages: [
        {
          role: "user",
          content: [
            text("See"),
            {
              type: "image",
              source: { type: "base64", mediaType: "image/png", data: createPng(3, 2).toString("base64") },
            },
            { type: "image", source: { type: "url", url: "https://example.com/cat.png" } },
          ],
        },
        {
          role: "assistant",
          content: [
            text("I look."),
            { type: "tool_call", id: "a", name: "look", arguments: '{"at":1}' },
            { type: "tool_call", id: "b", name: "look", arguments: "{}" },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", callId: "a", content: [text("one")], isError: false },
            { type: "tool_result", callId: "b", content: [text("two"), text("three")], isError: false },
            text("And?"),
          ],
        },
        { role: "system", content: [text("Be brief.")] },
      ],
      tools: [
        { name: "look", description: "Looks.", inputSchema: { type: "object", properties: {} }, strict: true },
        { name: "now", inputSchema: { type: "object", properties: {} } },
      ],
      toolChoice: { type: "tool", name: "now" },
      parallelToolCalls: false,
      sampling: { maxOutputTokens: 100, temperature: 1.5, topP: 0.9, stopSequences: ["END"] },
      effort: "xhigh",
      outputFormat: { type: "json_schema", name: "city", schema: { type: "object" }, strict: true },
      stream: true,
      endUser: "ada",
    },
    includeUsage: true,
    ignored: ["seed"],
  });
});

test("every recorded request of the official client decodes, tools and formats among them", () => {
  const folder = new URL("../../../../../../test/fixtures/openai-chat/", import.meta.url);
  const recorded = readdirSync(folder).filter((file) => file.endsWith(".json"));
  assert.ok(recorded.length >= 8);
  for (const file of recorded) decode(JSON.parse(readFileSync(new URL(file, folder), "utf8")).body);
});

test("fields that are null or ask for nothing decode to nothing", () => {
  const nothing = { call: plainCall, includeUsage: false, ignored: [] };
  const names = ["tools", "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort", "user", "stop"];
  for (const name of [...names, "functions", "function_call", "safety_identifier"]) {
    assert.deepEqual(decodeWith({ [name]: null }), nothing, name);
  }
  const neutral = { tools: [], tool_choice: "auto", parallel_tool_calls: true, functions: [], function_call: "auto" };
  assert.deepEqual(decodeWith({ ...neutral, response_format: { type: "text" }, user: "" }), nothing);
  assert.deepEqual(decodeWith({ tool_choice: "none" }), nothing);
});

test("every form of the choice of tools is known", () => {
  const choiceOf = (choice: unknown) => decodeWith({ tools: [look], tool_choice: choice }).call.toolChoice;
  assert.deepEqual(choiceOf(undefined), undefined);
  assert.deepEqual(choiceOf("none"), { type: "none" });
  assert.deepEqual(choiceOf("auto"), { type: "auto" });
  assert.deepEqual(choiceOf("required"), { type: "any" });
  assert.deepEqual(choiceOf({ type: "function", function: { name: "look" } }), { type: "tool", name: "look" });
});

test("of tools that may not be called the model is told nothing", () => {
  const hear = { type: "function", function: { name: "hear" } } as const;
  const allow = (mode: string) => ({
    tools: [look, hear],
    tool_choice: { type: "allowed_tools", allowed_tools: { mode, tools: [hear] } },
  });
  const seen = ["auto", "required"].map((mode) => decodeWith(allow(mode)).call);
  assert.deepEqual(
    seen.map(({ tools, toolChoice }) => [tools.map(({ name }) => name), toolChoice]),
    [
      [["hear"], { type: "auto" }],
      [["hear"], { type: "any" }],
    ],
  );
});

test("the temperature stays on the scale from 0 to 2, and the newer name of the bound counts", () => {
  const { call, ignored } = decodeWith({ temperature: 2, max_tokens: 5, max_completion_tokens: 6 });
  assert.deepEqual(call.sampling, { temperature: 2, maxOutputTokens: 6 });
  assert.deepEqual(ignored, ["max_tokens"]);
});

test("the newer name of the end user counts", () => {
  assert.equal(decodeWith({ user: "ada" }).call.endUser, "ada");
  const both = decodeWith({ user: "ada", safety_identifier: "bob" });
  assert.deepEqual([both.call.endUser, ...both.ignored], ["bob", "user"]);
  assert.deepEqual(decodeWith({ user: "ada", safety_identifier: "ada" }).ignored, []);
});

test("a large image is not said to be resized, as nothing resizes it here", () => {
  const url = toDataUrl(createPng(2400, 10), "image/png");
  const decoded = decode({
    model: "m",
    messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }],
  });
  assert.deepEqual(decoded.ignored, []);
});

test("results in a row, and what the user says after them, are one message", () => {
  const calls = ["a", "b"].map((id) => ({ id, type: "function", function: { name: "look", arguments: "{}" } }));
  const result = (id: string) => ({ role: "tool", tool_call_id: id, content: null });
  const seen = messagesOf([hi, { role: "assistant", tool_calls: calls }, result("a"), result("b"), hi, hi]);
  const emptied = (callId: string) => ({ type: "tool_result", callId, content: [], isError: false });
  assert.deepEqual(seen.at(-1), { role: "user", content: [emptied("a"), emptied("b"), text("Hi"), text("Hi")] });
  assert.equal(seen.length, 3);
});

test("a message that says nothing is left out and named", () => {
  const { call, ignored } = decode({
    model: "m",
    messages: [{ role: "system", content: "" }, hi, { role: "assistant", content: null, tool_calls: [] }, hi],
  });
  assert.deepEqual(call, { ...plainCall, messages: [{ role: "user", content: [text("Hi"), text("Hi")] }] });
  assert.deepEqual(ignored, ["messages[2]"]);
});

test("an answer begun by the client, and one that comes before the user, reach the model's provider", () => {
  const said = { role: "assistant", content: "Yes" };
  assert.deepEqual(
    messagesOf([said, hi, said]).map(({ role }) => role),
    ["assistant", "user", "assistant"],
  );
});

test("fields of the history that have no place are named", () => {
  const { ignored } = decode({
    model: "m",
    messages: [
      { ...hi, name: "ada" },
      { role: "assistant", content: "A", reasoning_content: "hm", audio: null, annotations: [] },
      hi,
    ],
    tools: [{ ...look, cache_control: {} }],
  });
  assert.deepEqual(ignored, ["tools[0].cache_control", "messages[0].name", "messages[1].reasoning_content"]);
});
