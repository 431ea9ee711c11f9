import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestClock } from "../../../core/ports/test-clock.ts";
import { createTurnWatch } from "./turn-watch.ts";

const deadlines = { firstByteMs: 10_000, silenceMs: 4_000, totalMs: 30_000 };

function watch(limits = deadlines) {
  const clock = createTestClock();
  const expired: string[] = [];
  const turn = createTurnWatch(clock, limits, ({ code, message }) => {
    assert.equal(code, "upstream_timeout");
    expired.push(`${message} (at ${clock.now()})`);
  });
  return { clock, turn, expired };
}

test("a model that gives no sign is given up at the first deadline, and only once", () => {
  const { clock, expired } = watch();
  clock.advance(9_999);
  assert.deepEqual(expired, []);
  clock.advance(60_000);
  assert.deepEqual(expired, ["The model gave no sign within 10 s. (at 10000)"]);
  assert.equal(clock.pending, 0);
});

test("after the first sign silence is counted from the last one, however late the first came", () => {
  for (const firstAt of [1, 3_999, 4_001, 9_999]) {
    const { clock, turn, expired } = watch();
    clock.advance(firstAt);
    turn.sign();
    clock.advance(3_999);
    turn.sign();
    clock.advance(3_999);
    assert.deepEqual(expired, []);
    clock.advance(1);
    assert.deepEqual(expired, [`The model fell silent for more than 4 s. (at ${firstAt + 7_999})`]);
  }
});

test("an answer that never ends is given up at the total", () => {
  const { clock, turn, expired } = watch();
  for (let index = 0; index < 40; index += 1) {
    clock.advance(1_000);
    turn.sign();
  }
  assert.deepEqual(expired, ["The whole answer took longer than 30 s. (at 30000)"]);
});

test("a total that is shorter than the other deadlines goes first", () => {
  const { clock, expired } = watch({ ...deadlines, totalMs: 2_000 });
  clock.advance(20_000);
  assert.deepEqual(expired, ["The whole answer took longer than 2 s. (at 2000)"]);
});

test("while the reader is slow the silence is not the model's, and is counted anew afterwards", () => {
  const { clock, turn, expired } = watch();
  turn.sign();
  turn.pause();
  clock.advance(20_000);
  turn.resume();
  clock.advance(3_999);
  assert.deepEqual(expired, []);
  clock.advance(1);
  assert.deepEqual(expired, ["The model fell silent for more than 4 s. (at 24000)"]);
});

test("the total runs on while the reader is slow", () => {
  const { clock, turn, expired } = watch();
  turn.sign();
  turn.pause();
  clock.advance(60_000);
  assert.deepEqual(expired, ["The whole answer took longer than 30 s. (at 30000)"]);
});

test("a watch that is stopped stays stopped, and leaves no timer", () => {
  const { clock, turn, expired } = watch();
  turn.pause();
  turn.stop();
  turn.resume();
  turn.sign();
  assert.equal(clock.pending, 0);
  clock.advance(60_000);
  assert.deepEqual(expired, []);
});

test("a thousand signs set no more timers than one", () => {
  const { clock, turn } = watch();
  for (let index = 0; index < 1_000; index += 1) turn.sign();
  assert.equal(clock.pending, 1);
});
