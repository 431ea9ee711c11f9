import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { Message } from "@gantry/contracts/completion";
import fc from "fast-check";
import { emptyConversation, extendConversation } from "./conversation-key.ts";

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

test("two conversations have the same key exactly when every message is the same", () => {
  fc.assert(
    fc.property(conversation, conversation, (left, right) => {
      assert.equal(keyOf(left) === keyOf(right), JSON.stringify(left) === JSON.stringify(right));
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
