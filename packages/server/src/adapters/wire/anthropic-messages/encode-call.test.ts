import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContentBlock } from "@gantry/contracts/content";
import type { CallMessage, ModelCall } from "@gantry/contracts/model-call";
import { encodeCall } from "./encode-call.ts";

const text = (value: string) => ({ type: "text", text: value }) as const;
const message = (role: CallMessage["role"], ...content: readonly ContentBlock[]): CallMessage => ({ role, content });
const toolCall = (id: string, written = "{}") => ({ type: "tool_call", id, name: "read", arguments: written }) as const;
const toolResult = (callId: string, value: string, isError = false) =>
  ({ type: "tool_result", callId, content: value === "" ? [] : [text(value)], isError }) as const;
const readTool = { name: "read", inputSchema: { properties: { path: { type: "string" } } } };

const plain: ModelCall = {
  model: "alias",
  system: [],
  messages: [message("user", text("hi"))],
  tools: [],
  toolChoice: undefined,
  sampling: { maxOutputTokens: 10 },
  stream: false,
};

function encodeGood(extra: Partial<ModelCall>) {
  const encoded = encodeCall({ ...plain, ...extra }, "claude-opus-5-5");
  assert.ok(encoded.ok, encoded.ok ? "" : encoded.failure.message);
  // What is encoded here is always an object.
  return { body: encoded.body as Record<string, unknown>, ignored: encoded.ignored };
}

function encodeBad(extra: Partial<ModelCall>) {
  const encoded = encodeCall({ ...plain, ...extra }, "claude-opus-5-5");
  assert.ok(!encoded.ok, "a failure was expected");
  return encoded.failure;
}

const turnsOf = (...messages: readonly CallMessage[]) => encodeGood({ messages }).body["messages"];

test("the smallest call has a model, a bound and one turn", () => {
  assert.deepEqual(encodeGood({}), {
    body: {
      model: "claude-opus-5-5",
      max_tokens: 10,
      messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
    },
    ignored: [],
  });
});

test("a call without a bound gets one, with room for thinking", () => {
  assert.equal(encodeGood({ sampling: {} }).body["max_tokens"], 8192);
  const thinking = { type: "enabled", budgetTokens: 20_000 } as const;
  assert.equal(encodeGood({ sampling: {}, thinking }).body["max_tokens"], 28_192);
  assert.equal(encodeGood({ thinking }).body["max_tokens"], 10);
});

test("settings, tools and the choice among them are encoded", () => {
  const { body, ignored } = encodeGood({
    system: [text("Be brief."), text("Be kind.")],
    tools: [readTool, { name: "list", description: "Lists.", inputSchema: { type: "object" }, strict: true }],
    toolChoice: { type: "tool", name: "read" },
    parallelToolCalls: false,
    sampling: { maxOutputTokens: 5, temperature: 0.5, topP: 0.9, topK: 4, stopSequences: ["END"] },
    thinking: { type: "adaptive" },
    effort: "high",
    outputFormat: { type: "json_schema", name: "n", schema: { type: "object" } },
    endUser: "u1",
    stream: true,
  });
  assert.deepEqual(body, {
    model: "claude-opus-5-5",
    max_tokens: 5,
    system: [text("Be brief."), text("Be kind.")],
    messages: [{ role: "user", content: [text("hi")] }],
    tools: [
      { name: "read", input_schema: { type: "object", properties: { path: { type: "string" } } } },
      { name: "list", description: "Lists.", input_schema: { type: "object" }, strict: true },
    ],
    tool_choice: { type: "tool", name: "read", disable_parallel_tool_use: true },
    temperature: 0.5,
    top_p: 0.9,
    top_k: 4,
    stop_sequences: ["END"],
    thinking: { type: "adaptive" },
    output_config: { effort: "high", format: { type: "json_schema", schema: { type: "object" } } },
    metadata: { user_id: "u1" },
    stream: true,
  });
  assert.deepEqual(ignored, []);
});

test("one call at a time is asked for also where nothing else is chosen, and never where no call is wanted", () => {
  const choice = (extra: Partial<ModelCall>) => encodeGood({ tools: [readTool], ...extra }).body["tool_choice"];
  assert.equal(choice({}), undefined);
  assert.equal(choice({ parallelToolCalls: true }), undefined);
  assert.deepEqual(choice({ parallelToolCalls: false }), { type: "auto", disable_parallel_tool_use: true });
  assert.deepEqual(choice({ toolChoice: { type: "any" } }), { type: "any" });
  assert.deepEqual(choice({ toolChoice: { type: "none" }, parallelToolCalls: false }), { type: "none" });
  assert.equal(encodeGood({ toolChoice: { type: "auto" } }).body["tool_choice"], undefined);
});

test("what exists elsewhere in another measure is brought to the vendor's, and named", () => {
  const hot = encodeGood({ sampling: { maxOutputTokens: 1, temperature: 1.7 } });
  assert.deepEqual([hot.body["temperature"], hot.ignored], [1, ["temperature:capped-at-1"]]);
  const small = encodeGood({ effort: "minimal" });
  assert.deepEqual([small.body["output_config"], small.ignored], [{ effort: "low" }, ["effort.minimal:as-low"]]);
  const none = encodeGood({ effort: "none" });
  assert.deepEqual([none.body["thinking"], none.body["output_config"]], [{ type: "disabled" }, undefined]);
  assert.deepEqual(encodeGood({ thinking: { type: "enabled", budgetTokens: 2000 } }).body["thinking"], {
    type: "enabled",
    budget_tokens: 2000,
  });
});

test("what the vendor has no form for is refused", () => {
  const refused = (extra: Partial<ModelCall>) => {
    const { code, param } = encodeBad(extra);
    return [code, param];
  };
  assert.deepEqual(refused({ outputFormat: { type: "json_object" } }), ["unsupported_feature", "response_format"]);
  assert.deepEqual(refused({ sampling: { stopSequences: ["a", "\n\n"] } }), ["unsupported_feature", "stop"]);
  assert.deepEqual(refused({ toolChoice: { type: "any" } }), ["invalid_request", "tool_choice"]);
  for (const written of ['{"a":', "[]", "null", "7", "x"]) {
    const failure = encodeBad({ messages: [message("assistant", toolCall("call_1", written))] });
    assert.deepEqual([failure.code, failure.param], ["invalid_request", "messages"], written);
    assert.match(failure.message, /tool call "call_1" are no JSON object/);
  }
  const deep = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  assert.equal(encodeBad({ messages: [message("assistant", toolCall("call_1", deep))] }).code, "invalid_request");
});

test("a task with parallel calls becomes turns that alternate, results first", () => {
  assert.deepEqual(
    turnsOf(
      message("user", text("a")),
      message("assistant", text("I look."), toolCall("c1", ' {"p": 1} '), toolCall("functions.read:0", "")),
      message("user", toolResult("c1", "one")),
      message("system", text("Hurry.")),
      message("user", text("And?"), toolResult("functions.read:0", "", true)),
    ),
    [
      { role: "user", content: [text("a")] },
      {
        role: "assistant",
        content: [
          text("I look."),
          { type: "tool_use", id: "c1", name: "read", input: { p: 1 } },
          { type: "tool_use", id: "functions_2eread_3a0", name: "read", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "c1", content: [text("one")] },
          { type: "tool_result", tool_use_id: "functions_2eread_3a0", is_error: true },
          text("<system-reminder>\nHurry.\n</system-reminder>"),
          text("And?"),
        ],
      },
    ],
  );
});

test("images go with texts and with results", () => {
  const inline = { type: "image", source: { type: "base64", mediaType: "image/png", data: "aGk=" } } as const;
  const remote = { type: "image", source: { type: "url", url: "https://example.com/a.png" } } as const;
  const encoded = { type: "image", source: { type: "base64", media_type: "image/png", data: "aGk=" } };
  const result: ContentBlock = { type: "tool_result", callId: "c1", content: [text("seen"), inline], isError: false };
  assert.deepEqual(turnsOf(message("user", result, inline, remote)), [
    {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: "c1", content: [text("seen"), encoded] }, encoded, remote],
    },
  ]);
});

test("system messages before all others join the system prompt, later ones become reminders and are named", () => {
  const { body, ignored } = encodeGood({
    system: [text("One.")],
    messages: [message("system", text("Two.")), message("user", text("a")), message("system", text("Three."))],
  });
  assert.deepEqual(body["system"], [text("One."), text("Two.")]);
  assert.deepEqual(body["messages"], [
    { role: "user", content: [text("a"), text("<system-reminder>\nThree.\n</system-reminder>")] },
  ]);
  assert.deepEqual(ignored, ["messages.system:as-reminder"]);
});

test("texts of white space alone are left out and named, empty ones and empty messages in silence", () => {
  const { body, ignored } = encodeGood({
    system: [text(" ")],
    messages: [
      message("user", text(""), text("a"), text("\n")),
      message("assistant"),
      message("assistant", text("")),
      message("user", text(" \n"), text("b\n")),
    ],
  });
  assert.deepEqual(body["messages"], [{ role: "user", content: [text("a"), text("b\n")] }]);
  assert.deepEqual(ignored, ["messages:white-space"]);
});

test("thinking goes back with its seal, and not without", () => {
  const { body, ignored } = encodeGood({
    messages: [
      message("user", text("a")),
      message(
        "assistant",
        { type: "thinking", text: "mine", signature: "s" },
        { type: "redacted_thinking", data: "r" },
        { type: "thinking", text: "another's" },
        text("b"),
      ),
    ],
  });
  assert.deepEqual(body["messages"], [
    { role: "user", content: [text("a")] },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "mine", signature: "s" },
        { type: "redacted_thinking", data: "r" },
        text("b"),
      ],
    },
  ]);
  assert.deepEqual(ignored, ["thinking:without-signature"]);
});

test("hundreds of thousands of blocks are taken", () => {
  const content = Array.from({ length: 200_000 }, () => text("a"));
  const messages = turnsOf(message("user", text("b")), { role: "user", content });
  assert.ok(Array.isArray(messages));
  assert.deepEqual([messages.length, messages[0].content.length], [1, 200_001]);
});
