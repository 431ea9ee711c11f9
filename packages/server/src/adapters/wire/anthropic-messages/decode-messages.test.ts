import assert from "node:assert/strict";
import { test } from "node:test";
import { assertRejected, decodeGood, minimal, toolResult, toolUse } from "./test-calls.ts";

const text = (value: string) => ({ type: "text", text: value });
const user = (content: unknown) => ({ role: "user", content });
const assistant = (content: unknown) => ({ role: "assistant", content });
const system = (content: unknown, more: object = {}) => ({ role: "system", content, ...more });
const decode = (...messages: readonly unknown[]) => decodeGood({ messages });

test("the messages keep their order and roles, a string being one text", () => {
  assert.deepEqual(decode(user("a"), user([text("b")]), assistant("c"), system("d"), user("e")).messages, [
    { role: "user", content: [text("a")] },
    { role: "user", content: [text("b")] },
    { role: "assistant", content: [text("c")] },
    { role: "system", content: [text("d")] },
    { role: "user", content: [text("e")] },
  ]);
});

test("messages that say nothing are left out, but the user must say something", () => {
  const call = decode(
    user("a"),
    system([]),
    { role: "system", output_config: { effort: "low" } },
    assistant([]),
    user("b"),
  );
  assert.deepEqual(
    call.messages.map(({ role }) => role),
    ["user", "user"],
  );
  for (const content of ["", [], [text("")]]) {
    assertRejected({ ...minimal, messages: [user(content)] }, "messages.0.content", /must have non-empty content/);
  }
});

test("malformed messages are refused by field", () => {
  const cases: readonly [unknown, string, RegExp][] = [
    [null, "messages.1", /a message object, got null/],
    ["hi", "messages.1", /got the string "hi"/],
    [{ content: "a" }, "messages.1.role", /one of user, assistant, system, got nothing/],
    [{ role: "tool", content: "a" }, "messages.1.role", /got the string "tool"/],
    [{ role: "user" }, "messages.1.content", /a string or an array of content blocks, got nothing/],
    [{ role: "assistant", content: null }, "messages.1.content", /got null/],
    [system({}), "messages.1.content", /got an object/],
    [system("a", { output_config: { effort: 5 } }), "messages.1.output_config.effort", /got the number 5/],
    [system("a", { clear_at: "noon" }), "messages.1.clear_at", /one of never, next_user_message/],
    [system([{ type: "image" }]), "messages.1.content.0.type", /the system prompt/],
  ];
  for (const [message, param, expected] of cases) {
    assertRejected({ ...minimal, messages: [user("first"), message] }, param, expected);
  }
});

test("fields of messages without an effect are named", () => {
  const messages = [{ ...user("a"), name: "ada" }, { ...assistant("b"), output_config: { effort: "low" } }, user("c")];
  assert.deepEqual(decodeGood({ messages }).ignored, ["messages.0.name", "messages.1.output_config"]);
});

test("a system message for one turn is not shown when the user has spoken again", () => {
  const passing = system("now", { clear_at: "next_user_message" });
  const shown = (...messages: readonly unknown[]) =>
    decode(...messages).messages.flatMap(({ role }) => (role === "system" ? [role] : [])).length;
  assert.equal(shown(user("a"), passing), 1);
  assert.equal(shown(user("a"), passing, assistant("b")), 1);
  assert.equal(shown(user("a"), passing, assistant("b"), user("c")), 0);
  assert.equal(shown(user("a"), system("ever", { clear_at: "never" }), assistant("b"), user("c")), 1);
});

test("an effort in mid-conversation holds at once behind the user's words, else from the user's next words on", () => {
  const to = (effort: string) => system([], { output_config: { effort } });
  const call = assistant([toolUse("t")]);
  const result = user([toolResult("t")]);
  const effortOf = (...messages: readonly unknown[]) =>
    decodeGood({ output_config: { effort: "high" }, messages }).effort;
  assert.equal(effortOf(user("a")), "high");
  assert.equal(effortOf(user("a"), to("low")), "low");
  assert.equal(effortOf(user("a"), to("low"), assistant("b"), user("c")), "low");
  assert.equal(effortOf(user("a"), assistant("b"), to("low")), "high");
  assert.equal(effortOf(user("a"), assistant("b"), to("low"), user("c")), "low");
  assert.equal(effortOf(user("a"), call, result, to("low")), "high");
  assert.equal(effortOf(user("a"), call, result, to("low"), assistant("b"), user("c")), "low");
  assert.equal(effortOf(user("a"), call, user([toolResult("t"), text("new")]), to("low")), "low");
  assert.equal(effortOf(user("a"), to("low"), to("max"), call, result), "max");
  assert.equal(decodeGood({ messages: [user("a"), to("low")] }).effort, "low");
});

test("every call of a tool is answered in the user's next turn, which may come in several messages", () => {
  const calls = assistant([toolUse("a"), toolUse("b")]);
  decode(user("x"), calls, system("s"), user([toolResult("a")]), user([toolResult("b"), text("y")]), assistant("z"));
  decode(user("x"), calls);
  decode(user("x"), assistant([toolUse("a")]), assistant([toolUse("b")]), user([toolResult("b"), toolResult("a")]));
  const refused = (param: string, message: RegExp, ...messages: readonly unknown[]) =>
    assertRejected({ ...minimal, messages }, param, message);
  refused("messages.1.content", /"b" has no tool_result/, user("x"), calls, user([toolResult("a")]));
  refused("messages.1.content", /"a" has no tool_result/, user("x"), calls, user("y"), assistant("z"));
  refused("messages.0.content", /"a" answers no call/, user([toolResult("a")]));
  refused(
    "messages.3.content",
    /"a" answers no call/,
    user("x"),
    assistant([toolUse("a")]),
    user([toolResult("a")]),
    user([toolResult("a")]),
  );
});
