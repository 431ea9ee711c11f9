import assert from "node:assert/strict";
import { test } from "node:test";
import { readCron } from "../../adapters/cron/read-cron.ts";
import { decideSlots, mostCounted } from "./decide-slots.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const noon = Date.UTC(2026, 10, 20, 12);

function decide(cron: string, nextAt: number, now: number, catchUpMs: number) {
  const times = readCron(cron, "UTC");
  assert.ok(!("field" in times));
  return decideSlots(times, nextAt, now, catchUpMs);
}

test("a slot that is due is run, and none before", () => {
  assert.deepEqual(decide("@hourly", noon, noon - 1, 0), { run: undefined, missed: undefined, nextAt: noon });
  const due = { run: noon, missed: undefined, nextAt: noon + hourMs };
  assert.deepEqual(decide("@hourly", noon, noon, 0), due);
  assert.deepEqual(decide("@hourly", noon, noon + minuteMs, 0), due);
});

test("of slots that passed the newest is run where it is not too late, and the others were missed", () => {
  const now = noon + 5 * hourMs + 10 * minuteMs;
  const nextAt = noon + 6 * hourMs;
  assert.deepEqual(decide("@hourly", noon, now, hourMs), {
    run: noon + 5 * hourMs,
    missed: { first: noon, last: noon + 4 * hourMs, count: 5 },
    nextAt,
  });
  assert.deepEqual(decide("@hourly", noon, now, minuteMs), {
    run: undefined,
    missed: { first: noon, last: noon + 5 * hourMs, count: 6 },
    nextAt,
  });
  assert.deepEqual(decide("@hourly", noon, noon + 10 * minuteMs, 0), {
    run: undefined,
    missed: { first: noon, last: noon, count: 1 },
    nextAt: noon + hourMs,
  });
});

test("very many that were missed are counted up to a bound, and none of them is run", () => {
  const now = noon + 365 * 24 * hourMs + 30_000;
  const last = noon + 365 * 24 * hourMs;
  assert.deepEqual(decide("* * * * *", noon, now, hourMs), {
    run: last,
    missed: { first: noon, last: last - minuteMs, count: mostCounted },
    nextAt: last + minuteMs,
  });
});
