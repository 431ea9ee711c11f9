import { test } from "node:test";
import assert from "node:assert/strict";
import type { ChatCompletionMessageParam } from "openai/resources/chat/completions";
import type { ContentBlock, ToolResultBlock } from "@gantry/contracts/content";
import type { CallMessage } from "@gantry/contracts/model-call";
import { createIgnoredFields } from "../../ignored-fields.ts";
import { encodeCallMessages } from "./encode-call-messages.ts";
import { compatibleManner, openAiManner } from "./server-manner.ts";

const text = (said: string) => ({ type: "text", text: said }) as const;
const png = { type: "image", source: { type: "base64", mediaType: "image/png", data: "iVBO" } } as const;
const linked = { type: "image", source: { type: "url", url: "https://example.com/cat.png" } } as const;
const call = (id: string, written = "{}") => ({ type: "tool_call", id, name: "look", arguments: written }) as const;
const result = (callId: string, content: ToolResultBlock["content"] = [], isError = false) =>
  ({ type: "tool_result", callId, content, isError }) as const;
const user = (...content: ContentBlock[]): CallMessage => ({ role: "user", content });
const assistant = (...content: ContentBlock[]): CallMessage => ({ role: "assistant", content });
const system = (...content: ContentBlock[]): CallMessage => ({ role: "system", content });

const calling = (...ids: string[]) =>
  ({
    role: "assistant",
    content: null,
    tool_calls: ids.map((id) => ({ id, type: "function" as const, function: { name: "look", arguments: "{}" } })),
  }) as const;
const answering = (id: string, content: string) => ({ role: "tool", tool_call_id: id, content }) as const;

function encode(messages: readonly CallMessage[], systemTexts: readonly string[] = [], manner = openAiManner) {
  const ignored = createIgnoredFields();
  const encoded = encodeCallMessages({ system: systemTexts.map(text), messages }, manner, ignored);
  if (!encoded.ok) throw new Error(encoded.failure.message);
  return { messages: encoded.value, ignored: ignored.list() };
}

function assertEncoded(messages: readonly CallMessage[], expected: readonly ChatCompletionMessageParam[]): void {
  assert.deepEqual(encode(messages), { messages: expected, ignored: [] });
}

test("the blocks of the system prompt become one message, and empty ones nothing", () => {
  const hi = { role: "user", content: "Hi" };
  assert.deepEqual(encode([user(text("Hi"))], ["A", "", "B"]).messages, [{ role: "system", content: "A\n\nB" }, hi]);
  assert.deepEqual(encode([user(text("Hi"))], [""]).messages, [hi]);
});

test("words of the system in mid-conversation keep their place, and an empty message says nothing", () => {
  assertEncoded(
    [user(text("A")), system(text("S"), text("T")), system(), assistant(text("B")), user(text("C"))],
    [
      { role: "user", content: "A" },
      { role: "system", content: "S\n\nT" },
      { role: "assistant", content: "B" },
      { role: "user", content: "C" },
    ],
  );
});

test("texts and images stand in their order", () => {
  assertEncoded(
    [user(text("A"), png, text("B"), linked), assistant(text("C"), text("D"))],
    [
      {
        role: "user",
        content: [
          { type: "text", text: "A" },
          { type: "image_url", image_url: { url: "data:image/png;base64,iVBO" } },
          { type: "text", text: "B" },
          { type: "image_url", image_url: { url: "https://example.com/cat.png" } },
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "text", text: "C" },
          { type: "text", text: "D" },
        ],
      },
    ],
  );
});

test("calls and their results find each other, with what is said beside them behind", () => {
  assertEncoded(
    [
      user(text("Go")),
      assistant(text("I look."), call("a", '{"at":1}'), call("b", "")),
      user(text("first"), result("a", [text("one"), text("two")]), result("b"), text("then")),
    ],
    [
      { role: "user", content: "Go" },
      {
        role: "assistant",
        content: "I look.",
        tool_calls: [
          { id: "a", type: "function", function: { name: "look", arguments: '{"at":1}' } },
          { id: "b", type: "function", function: { name: "look", arguments: "{}" } },
        ],
      },
      answering("a", "one\ntwo"),
      answering("b", ""),
      {
        role: "user",
        content: [
          { type: "text", text: "first" },
          { type: "text", text: "then" },
        ],
      },
    ],
  );
});

test("results stand right behind their calls, whatever came between", () => {
  assertEncoded(
    [
      assistant(call("a"), call("b")),
      system(text("S")),
      user(result("a", [text("1")]), text("and")),
      user(result("b", [text("2")])),
      assistant(text("Done")),
    ],
    [
      calling("a", "b"),
      answering("a", "1"),
      answering("b", "2"),
      { role: "system", content: "S" },
      { role: "user", content: "and" },
      { role: "assistant", content: "Done" },
    ],
  );
});

test("what waited for the last result comes before what the user says next", () => {
  assertEncoded(
    [assistant(call("a")), system(text("S")), user(result("a", [text("1")]), text("and"))],
    [calling("a"), answering("a", "1"), { role: "system", content: "S" }, { role: "user", content: "and" }],
  );
});

test("a call that is never answered holds nothing back", () => {
  const spoken = [assistant(call("a")), user(text("Stop")), assistant(text("Yes")), user(text("Go"))];
  assertEncoded(spoken, [
    calling("a"),
    { role: "user", content: "Stop" },
    { role: "assistant", content: "Yes" },
    { role: "user", content: "Go" },
  ]);
  assertEncoded(spoken.slice(0, 2), [calling("a"), { role: "user", content: "Stop" }]);
});

test("images of a result follow in the user's message, marked with the call's id", () => {
  assertEncoded(
    [
      assistant(call("a"), call("b")),
      user(result("a", [text("before"), png, text("after"), linked]), text("and"), result("b", [png])),
    ],
    [
      calling("a", "b"),
      answering(
        "a",
        [
          "before",
          "[image 1 of this result follows in the next message of the user]",
          "after",
          "[image 2 of this result follows in the next message of the user]",
        ].join("\n"),
      ),
      answering("b", "[image 1 of this result follows in the next message of the user]"),
      {
        role: "user",
        content: [
          { type: "text", text: "[image 1 of the result of the tool call a]" },
          { type: "image_url", image_url: { url: "data:image/png;base64,iVBO" } },
          { type: "text", text: "[image 2 of the result of the tool call a]" },
          { type: "image_url", image_url: { url: "https://example.com/cat.png" } },
          { type: "text", text: "and" },
          { type: "text", text: "[image 1 of the result of the tool call b]" },
          { type: "image_url", image_url: { url: "data:image/png;base64,iVBO" } },
        ],
      },
    ],
  );
});

test("a result that is an error says so in words", () => {
  const failed = [assistant(call("a"), call("b")), user(result("a", [text("no file")], true), result("b", [], true))];
  assertEncoded(failed, [
    calling("a", "b"),
    answering("a", "[this tool call failed]\nno file"),
    answering("b", "[this tool call failed]"),
  ]);
});

test("what the assistant thought is left out and named once", () => {
  const thoughts = [
    { type: "thinking", text: "hm", signature: "s" },
    { type: "redacted_thinking", data: "x" },
  ] as const;
  const { messages, ignored } = encode([
    assistant(...thoughts),
    assistant(...thoughts, text("A"), call("a")),
    user(result("a")),
  ]);
  assert.deepEqual(messages, [{ ...calling("a"), content: "A" }, answering("a", "")]);
  assert.deepEqual(ignored, ["thinking"]);
});

test("ids that are too long for the server are numbered, in calls and results alike", () => {
  const long = "x".repeat(41);
  const spoken = [assistant(call(long), call("short"), call(`${long}y`)), user(result(`${long}y`), result(long))];
  assert.deepEqual(encode(spoken).messages, [
    calling("call_renamed_1", "short", "call_renamed_2"),
    answering("call_renamed_2", ""),
    answering("call_renamed_1", ""),
  ]);
  assert.deepEqual(encode(spoken, [], compatibleManner).messages[1], answering(`${long}y`, ""));
});

test("an image of the assistant or the system is a failure that names its place", () => {
  const ignored = createIgnoredFields();
  for (const [message, role] of [
    [assistant(text("A"), png), "assistant"],
    [system(text("A"), png), "system"],
  ] as const) {
    const encoded = encodeCallMessages({ system: [], messages: [user(text("Hi")), message] }, openAiManner, ignored);
    assert.deepEqual(encoded, {
      ok: false,
      failure: {
        code: "unsupported_feature",
        message: `messages[1].content[1]: the model's provider takes no image in a message of the ${role}`,
        param: "messages[1].content[1]",
      },
    });
  }
});
