import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { Message } from "@gantry/contracts/completion";
import fc from "fast-check";
import { emptyConversation, extendConversation, toWaitingKey } from "./conversation-key.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64");
const keyOf = (messages: readonly Message[]) => extendConversation(emptyConversation, messages, digest);
const text = (role: Message["role"], ...texts: string[]): Message => ({
  role,
  content: texts.map((part) => ({ type: "text", text: part })),
});

// Few characters, so that pieces of one message often look like another.
const part = fc.string({ unit: fc.constantFrom("a", '"', "\n", "{", "u"), minLength: 1, maxLength: 4 });
const message = fc
  .tuple(fc.constantFrom<Message["role"]>("user", "assistant"), fc.array(part, { minLength: 1, maxLength: 3 }))
  .map(([role, parts]) => text(role, ...parts));
const conversation = fc.array(message, { maxLength: 5 });
const textOf = ({ content }: Message) => content.map((block) => (block.type === "text" ? block.text : "")).join("");
/** Of an answer's blocks not all dialects tell. */
const asTold = (messages: readonly Message[]) =>
  JSON.stringify(messages.map((each) => (each.role === "user" ? each : textOf(each))));

test("two conversations have the same key exactly when every message is the same", () => {
  fc.assert(
    fc.property(conversation, conversation, (left, right) => {
      assert.equal(keyOf(left) === keyOf(right), asTold(left) === asTold(right));
    }),
  );
});

test("a key grows message by message", () => {
  fc.assert(
    fc.property(conversation, conversation, (before, after) => {
      assert.equal(extendConversation(keyOf(before), after, digest), keyOf([...before, ...after]));
    }),
  );
});

test("the same text in other blocks, or said by the other side, is another conversation", () => {
  const keys = [[text("user", "ab")], [text("user", "a", "b")], [text("assistant", "ab")], []].map(keyOf);
  assert.equal(new Set(keys).size, keys.length);
});

test("an answer is the same with and without its thoughts, and however its arguments are written", () => {
  const call = (written: string, id = "1"): Message => ({
    role: "assistant",
    content: [{ type: "tool_call", id, name: "a", arguments: written }],
  });
  const same = [
    call('{"x":1,"y":{"b":2,"a":[]}}'),
    call('{ "y": {"a": [], "b": 2}, "x": 1.0 }'),
    {
      ...call(""),
      content: [{ type: "thinking", text: "hm", signature: "s" }, ...call('{"x":1,"y":{"b":2,"a":[]}}').content],
    },
  ] as const;
  assert.equal(new Set(same.map((each) => keyOf([each]))).size, 1);
  const deep = "[".repeat(100_000);
  const others = [
    call(""),
    call("{}", "2"),
    call('{"x":1}'),
    call('{"x":"1"}'),
    call("no json"),
    call(deep),
    call(deep + "]".repeat(100_000)),
  ];
  assert.equal(new Set(others.map((each) => keyOf([each]))).size, others.length);
  assert.equal(keyOf([call("")]), keyOf([call("{}")]));
});

test("a turn that waits has a key of its own, with its tools", () => {
  const key = keyOf([text("user", "a")]);
  const offers = [undefined, ["a"], ["b"], ["a", "b"]].map((names) =>
    names === undefined ? undefined : { definitions: names.map((name) => ({ name, inputSchema: {} })) },
  );
  assert.equal(new Set([key, ...offers.map((tools) => toWaitingKey(key, tools, digest))]).size, 5);
});
