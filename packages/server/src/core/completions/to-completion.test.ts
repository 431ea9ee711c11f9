import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContentBlock, ToolCallBlock, ToolResultBlock } from "@gantry/contracts/content";
import type { CallMessage, ModelCall } from "@gantry/contracts/model-call";
import fc from "fast-check";
import { toCompletion } from "./to-completion.ts";

const text = (said: string): ContentBlock => ({ type: "text", text: said });
const user = (...content: ContentBlock[]): CallMessage => ({ role: "user", content });
const assistant = (...content: ContentBlock[]): CallMessage => ({ role: "assistant", content });
const system = (said: string): CallMessage => ({ role: "system", content: [text(said)] });
const call = (id: string): ToolCallBlock => ({ type: "tool_call", id, name: "look", arguments: "{}" });
const result = (callId: string, said = "seen"): ToolResultBlock => ({
  type: "tool_result",
  callId,
  content: [{ type: "text", text: said }],
  isError: false,
});
const look = { name: "look", inputSchema: { type: "object" } };

const toCall = (more: Partial<ModelCall> = {}): ModelCall => ({
  model: "haiku",
  system: [],
  messages: [user(text("hi"))],
  tools: [],
  toolChoice: undefined,
  sampling: {},
  stream: false,
  ...more,
});

function convert(more: Partial<ModelCall>) {
  const converted = toCompletion(toCall(more));
  assert.ok(converted.ok, converted.ok ? "" : converted.failure.message);
  return converted;
}

function refuse(more: Partial<ModelCall>) {
  const converted = toCompletion(toCall(more));
  assert.ok(!converted.ok);
  const { code, param, message } = converted.failure;
  assert.ok(message.startsWith(`${param}: `), message);
  return { code, param, message };
}

test("what is asked goes on as it is", () => {
  const asked = {
    tools: [look],
    toolChoice: { type: "tool", name: "look" },
    parallelToolCalls: false,
    outputFormat: { type: "json_schema", schema: { type: "object" } },
    effort: "high",
    thinking: { type: "enabled", budgetTokens: 2000 },
    sampling: { maxOutputTokens: 10, temperature: 0.5, topP: 0.9, stopSequences: ["END"] },
  } as const;
  const { completion, ignored } = convert(asked);
  assert.deepEqual(completion, {
    model: "haiku",
    system: "",
    messages: [user(text("hi"))],
    sampling: asked.sampling,
    tools: { definitions: [look], choice: asked.toolChoice, parallel: false },
    outputFormat: asked.outputFormat,
    effort: "high",
    thinking: asked.thinking,
  });
  assert.deepEqual(ignored, []);
});

test("the system's words are joined at the head, and keep their place further down", () => {
  const { completion, ignored } = convert({
    system: [
      { type: "text", text: "a" },
      { type: "text", text: "b" },
    ],
    messages: [system("c"), user(text("hi")), assistant(call("1")), system("now"), user(result("1"))],
  });
  assert.equal(completion.system, "a\nb\nc");
  assert.deepEqual(completion.messages, [
    user(text("hi")),
    assistant(call("1")),
    user(result("1"), text("<system-reminder>\nnow\n</system-reminder>")),
  ]);
  assert.deepEqual(ignored, ["messages.system:as-reminder"]);
});

test("neighbours of one role become one turn, and what says nothing is left out and named", () => {
  const { completion, ignored } = convert({
    messages: [user(text("a")), assistant(text(" \n")), user(text("b"), text("\t")), user(text("c"))],
  });
  assert.deepEqual(completion.messages, [user(text("a"), text("b"), text("c"))]);
  assert.deepEqual(ignored, ["messages:white-space"]);
});

test("sealed thoughts are kept, and those without a seal are left out and named", () => {
  const sealed: ContentBlock = { type: "thinking", text: "hm", signature: "s" };
  const redacted: ContentBlock = { type: "redacted_thinking", data: "d" };
  const open: ContentBlock = { type: "thinking", text: "well" };
  const { completion, ignored } = convert({
    messages: [user(text("a")), assistant(sealed, redacted, open, text("b")), user(text("c"))],
  });
  assert.deepEqual(completion.messages[1], assistant(sealed, redacted, text("b")));
  assert.deepEqual(ignored, ["thinking:without-signature"]);
});

test("what an agent program cannot be told is named", () => {
  const { completion, ignored } = convert({ sampling: { temperature: 1.5, topK: 4 }, endUser: "me" });
  assert.deepEqual(completion.sampling, { temperature: 1 });
  assert.deepEqual(ignored, ["metadata.user_id", "top_k", "temperature:capped-at-1"]);
});

test("what cannot be answered is refused by the name of its field", () => {
  const refusals: readonly (readonly [Partial<ModelCall>, string, RegExp])[] = [
    [{ messages: [] }, "messages", /got none/],
    [{ messages: [user(text(" "))] }, "messages", /got none/],
    [{ messages: [user(text("a")), assistant(text("b")), user(text(" "))] }, "messages", /white space/],
    [{ messages: [assistant(text("a")), user(text("b"))] }, "messages", /begin with the user/],
    [{ messages: [user(text("a"), call("1"))] }, "messages", /tool_call can stand/],
    [{ messages: [user(text("a")), assistant(result("1")), user(text("b"))] }, "messages", /tool_result can stand/],
    [{ messages: [user(text("a")), assistant(call("1")), user(text("b"))] }, "messages", /"1" has no result/],
    [{ messages: [user(text("a")), assistant(call("1"))] }, "messages", /"1" has no result/],
    [{ messages: [user(result("1"))] }, "messages", /answers no call/],
    [{ messages: [user(text("a")), assistant(call("1")), user(result("1"), result("1"))] }, "messages", /twice/],
    [{ messages: [user(text("a")), assistant(call("1"), call("1")), user(result("1"))] }, "messages", /two tool calls/],
    [{ tools: [look, look] }, "tools", /unique/],
    [{ tools: [look], toolChoice: { type: "tool", name: "other" } }, "tool_choice", /none of that name/],
    [{ toolChoice: { type: "any" } }, "tool_choice", /none of that name/],
    [{ sampling: { stopSequences: ["\n"] } }, "stop_sequences", /white space/],
  ];
  for (const [more, param, message] of refusals) {
    const refused = refuse(more);
    assert.deepEqual([refused.code, refused.param], ["invalid_request", param]);
    assert.match(refused.message, message);
  }
  const prefill = refuse({ messages: [user(text("a")), assistant(text("b"))] });
  assert.deepEqual([prefill.code, prefill.param], ["unsupported_feature", "messages"]);
  const named = toCompletion(toCall({ messages: [] }), {
    messages: "input",
    endUser: "user",
    stopSequences: "stop",
  });
  assert.equal(named.ok ? "" : named.failure.param, "input");
});

const anyBlock = fc.oneof(
  fc.constantFrom("a", " ", "b").map(text),
  fc.constantFrom("1", "2").map(call),
  fc.constantFrom("1", "2").map((id) => result(id)),
  fc.constantFrom("s", undefined).map((signature): ContentBlock => ({
    type: "thinking",
    text: "t",
    ...(signature !== undefined && { signature }),
  })),
  fc.constant<ContentBlock>({ type: "document", source: { type: "url", url: "https://example.com/a.pdf" } }),
);
const anyMessage: fc.Arbitrary<CallMessage> = fc.record({
  role: fc.constantFrom("user", "assistant", "system"),
  content: fc.array(anyBlock, { maxLength: 4 }),
});

test("any call becomes a completion as the contract has them, or a failure with the field named", () => {
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 6 }), (messages) => {
      const converted = toCompletion(toCall({ messages }));
      if (!converted.ok) {
        assert.equal(converted.failure.param, "messages");
        return;
      }
      const turns = converted.completion.messages;
      assert.equal(turns.at(-1)?.role, "user");
      turns.forEach(({ role, content }, index) => {
        assert.equal(role, index % 2 === 0 ? "user" : "assistant");
        assert.ok(content.length > 0);
        assert.ok(content.every((block) => block.type !== "text" || block.text.trim() !== ""));
        const calls = content.flatMap((block) => (block.type === "tool_call" ? [block.id] : []));
        const results = turns[index + 1]?.content.slice(0, calls.length) ?? [];
        const answered = results.map((block) => (block.type === "tool_result" ? block.callId : ""));
        assert.deepEqual(answered.toSorted(), calls.toSorted());
      });
    }),
    { numRuns: 500 },
  );
});
