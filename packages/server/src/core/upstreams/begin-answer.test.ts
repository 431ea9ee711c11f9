import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestClock, settle } from "../ports/test-clock.ts";
import type { UpstreamResponse } from "../ports/upstream-client.ts";
import { beginAnswer, discardAnswer } from "./begin-answer.ts";

/** An answer whose pieces are made as they are read; `left` where its reader went before the end. */
function openAnswer(next: () => Promise<Uint8Array | undefined>) {
  const seen = { read: 0, left: false };
  const reader: AsyncIterator<Uint8Array> = {
    async next() {
      seen.read += 1;
      const value = await next();
      return value === undefined ? { done: true, value } : { done: false, value };
    },
    async return() {
      seen.left = true;
      return { done: true, value: undefined };
    },
  };
  const response: UpstreamResponse = { status: 200, headers: {}, body: { [Symbol.asyncIterator]: () => reader } };
  return { response, seen };
}

const toPieces = (...pieces: string[]) => {
  const rest = pieces.map((piece) => Buffer.from(piece));
  return async () => rest.shift();
};

test("the first bytes are waited for and lost to nobody; the rest is read when it is asked for", async () => {
  const { response, seen } = openAnswer(toPieces("a", "b", "c"));
  const { body } = await beginAnswer(response);
  assert.equal(seen.read, 1);
  const pieces: string[] = [];
  for await (const piece of body) pieces.push(Buffer.from(piece).toString());
  assert.deepEqual(pieces, ["a", "b", "c"]);
});

test("an answer that is left after its beginning is left", async () => {
  const { response, seen } = openAnswer(toPieces("a", "b"));
  const { body } = await beginAnswer(response);
  const reader = body[Symbol.asyncIterator]();
  await reader.return?.();
  assert.equal(seen.left, true);
});

test("what nobody wants is read to its end, so that the connection can serve again", async () => {
  const { response, seen } = openAnswer(toPieces("sorry", "overloaded"));
  const clock = createTestClock();
  await discardAnswer(response, clock);
  assert.deepEqual(seen, { read: 3, left: false });
  assert.equal(clock.pending, 0);
});

test("what has no end, or takes its time, is left", async () => {
  const clock = createTestClock();
  const endless = openAnswer(async () => Buffer.alloc(1024));
  await discardAnswer(endless.response, clock);
  assert.deepEqual(endless.seen, { read: 65, left: true });
  const slow = openAnswer(() => new Promise(() => {}));
  void discardAnswer(slow.response, clock);
  clock.advance(999);
  assert.equal(slow.seen.left, false);
  clock.advance(1);
  assert.equal(slow.seen.left, true);
});

test("an unwanted answer that breaks off disturbs nobody", async () => {
  const { response } = openAnswer(async () => {
    throw new Error("reset");
  });
  await discardAnswer(response, createTestClock());
  await settle();
});
