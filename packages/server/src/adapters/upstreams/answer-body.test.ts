import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createAnswerBody } from "./answer-body.ts";

function openBody() {
  const calls: string[] = [];
  const body = createAnswerBody({
    pause: () => calls.push("pause"),
    resume: () => calls.push("resume"),
    leave: () => calls.push("leave"),
  });
  return { body, calls, reader: body[Symbol.asyncIterator]() };
}

const kib = (count: number): Uint8Array => new Uint8Array(count * 1024);

test("a reader that waits gets each piece as it is", async () => {
  const { body, calls, reader } = openBody();
  const piece = kib(1000);
  const next = reader.next();
  body.push(piece);
  assert.equal((await next).value, piece);
  assert.deepEqual(calls, []);
});

test("a reader that was away gets all that has come, as one piece and in order", async () => {
  const { body, reader } = openBody();
  for (const byte of [1, 2, 3]) body.push(new Uint8Array([byte, byte]));
  assert.deepEqual([...((await reader.next()).value ?? [])], [1, 1, 2, 2, 3, 3]);
  const next = reader.next();
  const piece = kib(1);
  body.push(piece);
  assert.equal((await next).value, piece);
});

test("the sender waits from 64 KiB unread on, until they are read", async () => {
  const { body, calls, reader } = openBody();
  body.push(kib(40));
  assert.deepEqual(calls, []);
  body.push(kib(24));
  body.push(kib(8));
  assert.deepEqual(calls, ["pause"]);
  assert.equal((await reader.next()).value?.length, 72 * 1024);
  assert.deepEqual(calls, ["pause", "resume"]);
  body.push(kib(32));
  assert.deepEqual(calls, ["pause", "resume"]);
  body.push(kib(32));
  assert.deepEqual(calls, ["pause", "resume", "pause"]);
});

test("what came before a break is read, then the error, once", async () => {
  const { body, reader } = openBody();
  body.push(kib(1));
  body.fail(new Error("reset"));
  body.push(kib(1));
  body.end();
  assert.equal((await reader.next()).done, false);
  await assert.rejects(reader.next(), /reset/);
  assert.equal((await reader.next()).done, true);
});

test("an abort gives up what is unread, and wakes a reader that waits", async () => {
  const unread = openBody();
  unread.body.push(kib(1));
  unread.body.abort(new Error("left"));
  await assert.rejects(unread.reader.next(), /left/);
  const waiting = openBody();
  const next = waiting.reader.next();
  waiting.body.abort(new Error("left"));
  await assert.rejects(next, /left/);
});

test("leaving early ends the exchange once, and is no error; leaving after the end does nothing", async () => {
  const { body, calls, reader } = openBody();
  body.push(kib(1));
  for await (const _ of body) break;
  await reader.return?.();
  body.fail(new Error("ended"));
  assert.equal((await reader.next()).done, true);
  assert.deepEqual(calls, ["leave"]);
  const ended = openBody();
  ended.body.end();
  for await (const _ of ended.body) assert.fail();
  assert.deepEqual(ended.calls, []);
});

test("two reads at one time are refused, and the first still gets its piece", async () => {
  const { body, reader } = openBody();
  const first = reader.next();
  await assert.rejects(reader.next(), /one reader/);
  body.push(kib(1));
  assert.equal((await first).done, false);
});

test("every byte comes once and in order, and unread bytes stay within the bound and one piece", async () => {
  const steps = fc.array(fc.oneof(fc.constant("read" as const), fc.integer({ min: 1, max: 40 })), { maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const { body, calls, reader } = openBody();
      const read: Uint8Array[] = [];
      const pushed: Uint8Array[] = [];
      let unread = 0;
      for (const action of all) {
        const isPaused = calls.at(-1) === "pause";
        if (action === "read" && unread > 0) {
          const { value } = await reader.next();
          if (value !== undefined) read.push(value);
          unread -= value?.length ?? 0;
        } else if (action !== "read" && !isPaused) {
          const piece = kib(action).fill(pushed.length % 256);
          pushed.push(piece);
          body.push(piece);
          unread += piece.length;
        }
        assert.ok(unread < 65_536 + 40 * 1024);
        assert.ok(unread > 0 || calls.at(-1) !== "pause", "nobody waits for a reader that has read everything");
      }
      body.end();
      for await (const value of body) read.push(value);
      assert.ok(Buffer.concat(read).equals(Buffer.concat(pushed)));
    }),
  );
});
