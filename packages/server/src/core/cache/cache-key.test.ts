import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Message } from "@gantry/contracts/completion";
import type { ContentBlock } from "@gantry/contracts/content";
import { toCacheKey, type CacheKeyParts } from "./cache-key.ts";

/** Texts themselves as keys: equal keys are then equal texts. */
const asItIs = (text: string): string => text;
const keyOf = (parts: CacheKeyParts): string => toCacheKey(parts, asItIs);

const ask = (...content: ContentBlock[]): Message => ({ role: "user", content });
const text = (words: string): ContentBlock => ({ type: "text", text: words });
const base: CacheKeyParts = {
  completion: { system: "s", messages: [ask(text("hello"))], sampling: { maxOutputTokens: 10, temperature: 0 } },
  model: "m",
  driver: "claude",
  agentVersion: "2.1.328",
};
const withCompletion = (change: Partial<CacheKeyParts["completion"]>): CacheKeyParts => ({
  ...base,
  completion: { ...base.completion, ...change },
});

test("the digest of the text is the key", () => {
  assert.equal(
    toCacheKey(base, (canonical) => `digest of ${canonical.length}`),
    `digest of ${keyOf(base).length}`,
  );
});

test("everything that decides an answer changes the key", () => {
  const image: ContentBlock = { type: "image", source: { type: "url", url: "https://example.com/a.png" } };
  const others: CacheKeyParts[] = [
    base,
    { ...base, model: "n" },
    { ...base, driver: "codex" },
    { ...base, agentVersion: "2.1.329" },
    withCompletion({ system: "" }),
    withCompletion({ messages: [ask(text("hello "))] }),
    withCompletion({ messages: [ask(text("hel"), text("lo"))] }),
    withCompletion({ messages: [ask(text("hello"), image)] }),
    withCompletion({ messages: [ask(image, text("hello"))] }),
    withCompletion({
      messages: [ask(text("hello")), { role: "assistant", content: [text("hi")] }, ask(text("hello"))],
    }),
    withCompletion({ sampling: {} }),
    withCompletion({ sampling: { maxOutputTokens: 11, temperature: 0 } }),
    withCompletion({ sampling: { maxOutputTokens: 10, temperature: 0, topP: 0 } }),
    withCompletion({ sampling: { maxOutputTokens: 10, temperature: 0, stopSequences: ["a"] } }),
    withCompletion({ sampling: { maxOutputTokens: 10, temperature: 0, stopSequences: ["a", "b"] } }),
    withCompletion({ sampling: { maxOutputTokens: 10, temperature: 0, stopSequences: ["ab"] } }),
  ];
  assert.equal(new Set(others.map(keyOf)).size, others.length);
});

test("what does not decide an answer does not: the order of fields, fields that are not there, other fields of a completion", () => {
  const reordered = {
    agentVersion: "2.1.328",
    driver: "claude",
    model: "m",
    completion: {
      model: "alias",
      sampling: { temperature: 0, topP: undefined, maxOutputTokens: 10 },
      messages: [{ content: [{ text: "hello", type: "text" }], role: "user" }],
      system: "s",
    },
  };
  // Only what does not go through the compiler can hold `undefined` in such a field.
  assert.equal(keyOf(reordered as unknown as CacheKeyParts), keyOf(base));
});

test("a field that nobody knew of yet is part of the key", () => {
  const sampling = { ...base.completion.sampling, topK: 5 };
  assert.notEqual(keyOf(withCompletion({ sampling })), keyOf(base));
});

const words = fc.string({ unit: "binary", maxLength: 6 });
const anyBlock: fc.Arbitrary<ContentBlock> = words.map(text);
const anyMessage: fc.Arbitrary<Message> = fc.record({
  role: fc.constantFrom("user", "assistant"),
  content: fc.array(anyBlock, { minLength: 1, maxLength: 3 }),
});
const anyParts: fc.Arbitrary<CacheKeyParts> = fc.record({
  completion: fc.record({
    system: words,
    messages: fc.array(anyMessage, { maxLength: 3 }),
    sampling: fc.record(
      { maxOutputTokens: fc.nat(3), stopSequences: fc.array(words, { maxLength: 2 }) },
      { requiredKeys: [] },
    ),
  }),
  model: words,
  driver: words,
  agentVersion: words,
});

test("two requests share a key exactly when they are equal", () => {
  fc.assert(
    fc.property(anyParts, anyParts, (left, right) => {
      assert.equal(keyOf(left), keyOf(structuredClone(left)));
      assert.equal(keyOf(left) === keyOf(right), isEqual(left, right));
    }),
  );
});

function isEqual(left: unknown, right: unknown): boolean {
  try {
    assert.deepEqual(left, right);
    return true;
  } catch {
    return false;
  }
}
