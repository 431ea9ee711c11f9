import assert from "node:assert/strict";
import { createHistogram } from "node:perf_hooks";
import { test } from "node:test";
import { createTestClock } from "../../core/ports/test-clock.ts";
import { createDelayReader, createEventLoopWatch } from "./create-event-loop-watch.ts";

const ms = 1_000_000;

test("a delay is what goes beyond the time between two ticks", () => {
  const ticks = createHistogram();
  for (let count = 0; count < 98; count += 1) ticks.record(20 * ms);
  ticks.record(50 * ms);
  ticks.record(220 * ms);
  const { p50, p99, max } = createDelayReader(ticks, createTestClock())();
  assert.deepEqual([p50, p99, max].map(Math.round), [0, 30, 200]);
});

test("readers within ten seconds see the same, and later ones what came since", () => {
  const clock = createTestClock();
  const ticks = createHistogram();
  const read = createDelayReader(ticks, clock);
  ticks.record(120 * ms);
  const first = read();
  clock.advance(9_999);
  assert.equal(read(), first);
  clock.advance(1);
  assert.deepEqual(read(), { p50: 0, p99: 0, max: 0 });
});

test("the watch of the real loop can be read at once, and stopped twice", () => {
  const watch = createEventLoopWatch(createTestClock());
  assert.deepEqual(watch.read(), { p50: 0, p99: 0, max: 0 });
  watch.stop();
  watch.stop();
});
