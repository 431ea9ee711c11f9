import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeChatCompletion } from "./decode.ts";

const text = (value: string) => ({ type: "text", text: value });
const user = (content: unknown) => ({ role: "user", content });
const assistant = (content: unknown) => ({ role: "assistant", content });
const system = (content: unknown) => ({ role: "system", content });

function decodeGood(messages: readonly unknown[]) {
  const decoded = decodeChatCompletion({ model: "m", messages });
  assert.ok(decoded.ok, decoded.ok ? "" : decoded.failure.message);
  return { ...decoded.completion, ignored: decoded.ignored };
}

function assertRejected(messages: readonly unknown[], code: string, param: string, message = /./): void {
  const decoded = decodeChatCompletion({ model: "m", messages });
  assert.ok(!decoded.ok, "a failure was expected");
  const { failure } = decoded;
  assert.deepEqual({ code: failure.code, param: failure.param }, { code, param }, failure.message);
  assert.match(failure.message, message);
}

test("system and developer messages are joined with one newline, wherever they stand", () => {
  const decoded = decodeGood([
    system("one"),
    user("a"),
    { role: "developer", content: [text("two"), text(""), text("three\n")] },
    assistant("b"),
    user("c"),
    system("four"),
    system(""),
  ]);
  assert.equal(decoded.system, "one\ntwo\nthree\n\nfour");
  assert.deepEqual(decoded.messages, [user([text("a")]), assistant([text("b")]), user([text("c")])]);
  assert.deepEqual(decoded.ignored, []);
});

test("a system prompt of white space alone is none", () => {
  assert.equal(decodeGood([system(" \n"), user("a")]).system, "");
});

test("neighbours of one role become one message with their blocks in order", () => {
  const decoded = decodeGood([
    user("a"),
    system("s"),
    user([text("b"), text("c")]),
    assistant("d"),
    assistant("e"),
    user("f"),
  ]);
  assert.deepEqual(decoded.messages, [
    user([text("a"), text("b"), text("c")]),
    assistant([text("d"), text("e")]),
    user([text("f")]),
  ]);
});

test("empty messages in the history are left out and reported", () => {
  const decoded = decodeGood([
    user("a"),
    assistant(""),
    user([text("")]),
    assistant(null),
    { role: "assistant" },
    user([]),
    assistant(" \n"),
    user("b"),
  ]);
  assert.deepEqual(decoded.messages, [user([text("a"), text("b")])]);
  assert.deepEqual(
    decoded.ignored,
    [1, 2, 3, 4, 5, 6].map((index) => `messages[${index}]`),
  );
});

test("the last message must be the user's and say something", () => {
  assertRejected([user("a"), assistant("b")], "unsupported_feature", "messages[1]", /prefill/);
  assertRejected([user("a"), assistant(""), system("s")], "unsupported_feature", "messages[1]", /prefill/);
  assertRejected([user("a"), assistant("b"), user("")], "invalid_request", "messages[2].content", /must say something/);
  assertRejected([user([text(""), text(" ")])], "invalid_request", "messages[0].content", /must say something/);
  assertRejected([system("s")], "invalid_request", "messages", /at least one message besides the system prompt/);
});

test("the conversation must begin with the user", () => {
  assertRejected([system("s"), assistant("a"), user("b")], "invalid_request", "messages[1]", /begin with the user/);
  assertRejected([user(""), assistant("a"), user("b")], "invalid_request", "messages[1]", /begin with the user/);
});

test("an answer that came from the endpoint can go back into the history as it is", () => {
  const answer = {
    role: "assistant",
    content: "b",
    refusal: null,
    annotations: [],
    tool_calls: [],
    function_call: null,
    audio: null,
  };
  const decoded = decodeGood([user("a"), answer, user("c")]);
  assert.deepEqual(decoded.messages[1], assistant([text("b")]));
  assert.deepEqual(decoded.ignored, []);
});

test("there are at most 10000 messages", () => {
  const messages = Array.from({ length: 10_000 }, () => user("a"));
  assert.equal(decodeGood(messages).messages[0]?.content.length, 10_000);
  assertRejected([...messages, user("a")], "invalid_request", "messages", /at most 10000 messages, got 10001/);
});

test("the text of a valid conversation is kept in order, to the last character", () => {
  const content = fc
    .string({ unit: "binary", minLength: 1 })
    .filter((value) => value.trim() !== "" && value.isWellFormed());
  const parts = fc.array(content.map(text), { minLength: 1, maxLength: 4 });
  const message = fc.record({
    role: fc.constantFrom("system", "developer", "user", "assistant"),
    content: fc.oneof(content, parts),
  });
  const textsOf = (list: readonly { role: string; content: string | { text: string }[] }[], roles: readonly string[]) =>
    list
      .filter(({ role }) => roles.includes(role))
      .flatMap(({ content: said }) => (typeof said === "string" ? [said] : said.map((part) => part.text)));
  fc.assert(
    fc.property(fc.array(message), content, content, (between, first, last) => {
      const messages = [{ role: "user", content: first }, ...between, { role: "user", content: last }];
      const decoded = decodeGood(messages);
      const blocks = decoded.messages.flatMap((turn) => turn.content);
      assert.deepEqual(
        blocks.map((block) => block.type === "text" && block.text),
        textsOf(messages, ["user", "assistant"]),
      );
      assert.equal(decoded.system, textsOf(messages, ["system", "developer"]).join("\n"));
      assert.ok(decoded.messages.every((turn, index) => turn.role === (index % 2 === 0 ? "user" : "assistant")));
    }),
  );
});
