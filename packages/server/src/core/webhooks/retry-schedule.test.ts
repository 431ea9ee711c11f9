import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mostAttempts, mostFailuresInARow, toRest, toRetryDelay } from "./retry-schedule.ts";

test("attempts come ever later, from seconds to hours, and end within some days", () => {
  const delays = Array.from({ length: mostAttempts - 1 }, (_, index) => toRetryDelay(index + 1, 0.5));
  assert.deepEqual(delays.slice(0, 4), [5_000, 20_000, 80_000, 320_000]);
  assert.equal(delays.at(-1), 6 * 3_600_000);
  const whole = delays.reduce((sum, delay) => sum + delay, 0) / 3_600_000;
  assert.ok(whole > 24 && whole < 48, String(whole));
});

test("chance spreads them by a quarter to both sides", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: mostAttempts }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, random) => {
        const middle = toRetryDelay(attempt, 0.5);
        const delay = toRetryDelay(attempt, random);
        return delay >= Math.floor(middle * 0.75) && delay <= Math.ceil(middle * 1.25);
      },
    ),
  );
});

test("an endpoint rests from the fifth failure in a row on, at most some ten minutes", () => {
  assert.deepEqual(
    [0, 1, 4].map((failures) => toRest(failures, 0.5)),
    [0, 0, 0],
  );
  assert.deepEqual(
    [5, 6, 7].map((failures) => toRest(failures, 0.5)),
    [5_000, 10_000, 20_000],
  );
  assert.equal(toRest(mostFailuresInARow - 1, 0.5), 600_000);
});
