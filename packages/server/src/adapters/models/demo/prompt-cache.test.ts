import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessagesRequest } from "./messages-request.ts";
import { parseMessagesRequest } from "./messages-request.ts";
import { createPromptCache } from "./prompt-cache.ts";
import { countInputTokens } from "./token-count.ts";

const ephemeral = { cache_control: { type: "ephemeral" } };
const forAnHour = { cache_control: { type: "ephemeral", ttl: "1h" } };

/** A clock that stands still until it is told otherwise. */
function createStandingClock() {
  let time = 0;
  return { now: () => time, epoch: () => time, after: () => () => {}, advance: (ms: number) => (time += ms) };
}

function toRequest(messages: object[], more: object = {}): MessagesRequest {
  const parsed = parseMessagesRequest({ model: "m", messages, ...more });
  assert.ok("request" in parsed);
  return parsed.request;
}

/** JSON of this block is 25 bytes and the text's length. */
const textBlock = (length: number, more: object = {}) => ({ type: "text", text: "x".repeat(length), ...more });
const user = (...content: object[]) => ({ role: "user", content });

test("four bytes of a block's JSON are a token, with no account taken of cache_control", () => {
  assert.equal(JSON.stringify(textBlock(75)).length, 100);
  assert.equal(countInputTokens(toRequest([user(textBlock(75, ephemeral))])), 25);
  assert.equal(countInputTokens(toRequest([{ role: "user", content: "x".repeat(75) }])), 25);
  assert.equal(countInputTokens(toRequest([])), 1);
});

test("inline images count the same, whatever their size", () => {
  const image = (data: string) => ({ type: "image", source: { type: "base64", media_type: "image/png", data } });
  const small = countInputTokens(toRequest([user(image("AAAA"))]));
  assert.equal(countInputTokens(toRequest([user(image("A".repeat(4_000_000)))])), small);
  assert.ok(small >= 1_500);
});

test("without cache_control everything is plain input", () => {
  const cache = createPromptCache(createStandingClock());
  const request = toRequest([user(textBlock(75))]);
  for (const usage of [cache.account(request), cache.account(request)]) {
    assert.deepEqual(
      [usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens],
      [25, 0, 0],
    );
  }
});

test("a prefix is written once and read afterwards, also where its cache_control has moved on", () => {
  const cache = createPromptCache(createStandingClock());
  const first = cache.account(toRequest([user(textBlock(75, ephemeral), textBlock(75))]));
  assert.deepEqual(first, {
    input_tokens: 25,
    cache_creation_input_tokens: 25,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 25, ephemeral_1h_input_tokens: 0 },
  });
  const second = cache.account(toRequest([user(textBlock(75), textBlock(75, ephemeral)), user(textBlock(75))]));
  assert.deepEqual(
    [second.cache_read_input_tokens, second.cache_creation_input_tokens, second.input_tokens],
    [25, 25, 25],
  );
});

test("each part is written with the lifetime of the cache_control that ends it", () => {
  const cache = createPromptCache(createStandingClock());
  const request = toRequest([user(textBlock(75, ephemeral))], { system: [textBlock(75, forAnHour)] });
  assert.deepEqual(cache.account(request).cache_creation, {
    ephemeral_5m_input_tokens: 25,
    ephemeral_1h_input_tokens: 25,
  });
});

test("a prefix is forgotten after its lifetime, which each use begins again", () => {
  const clock = createStandingClock();
  const cache = createPromptCache(clock);
  const request = toRequest([user(textBlock(75, ephemeral))], { system: [textBlock(75, forAnHour)] });
  cache.account(request);
  clock.advance(299_999);
  assert.equal(cache.account(request).cache_read_input_tokens, 50);
  clock.advance(299_999);
  assert.equal(cache.account(request).cache_read_input_tokens, 50);
  clock.advance(300_000);
  assert.equal(cache.account(request).cache_read_input_tokens, 25);
  clock.advance(3_600_000);
  assert.equal(cache.account(request).cache_read_input_tokens, 0);
});

test("another model, role or text in front is another prefix", () => {
  const cache = createPromptCache(createStandingClock());
  cache.account(toRequest([user(textBlock(75, ephemeral))]));
  for (const other of [
    toRequest([user(textBlock(75, ephemeral))], { model: "n" }),
    toRequest([{ role: "assistant", content: [textBlock(75, ephemeral)] }]),
    toRequest([user(textBlock(75, ephemeral))], { system: "s" }),
    toRequest([user(textBlock(75, ephemeral))], { tools: [{ name: "t" }] }),
  ]) {
    assert.equal(cache.account(other).cache_read_input_tokens, 0);
  }
});

test("the memory of prefixes is bounded, and the longest unused goes first", () => {
  const cache = createPromptCache(createStandingClock(), 2);
  const [first, second, third] = [1, 2, 3].map((length) => toRequest([user(textBlock(length, ephemeral))]));
  assert.ok(first && second && third);
  for (const request of [first, second, first, third]) cache.account(request);
  assert.ok(cache.account(first).cache_read_input_tokens > 0);
  assert.equal(cache.account(second).cache_read_input_tokens, 0);
});
