import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { budgetWindows, type BudgetWindow } from "@gantry/contracts/budgets";
import { findWindow } from "./budget-window.ts";

const at = (text: string): number => Date.parse(text);

const cases: readonly [BudgetWindow, moment: string, start: string, end: string][] = [
  ["minute", "2026-11-20T10:59:59.999Z", "2026-11-20T10:59:00Z", "2026-11-20T11:00:00Z"],
  ["minute", "2026-11-20T11:00:00.000Z", "2026-11-20T11:00:00Z", "2026-11-20T11:01:00Z"],
  ["hour", "2026-12-31T23:59:59.999Z", "2026-12-31T23:00:00Z", "2027-01-01T00:00:00Z"],
  ["day", "2026-02-28T23:59:59.999Z", "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"],
  ["day", "2028-02-28T12:00:00Z", "2028-02-28T00:00:00Z", "2028-02-29T00:00:00Z"],
  // A night in which clocks are changed in many places has 24 hours like any other.
  ["day", "2026-03-29T12:00:00Z", "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z"],
  ["week", "2026-11-16T00:00:00Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"],
  ["week", "2026-11-15T23:59:59.999Z", "2026-11-09T00:00:00Z", "2026-11-16T00:00:00Z"],
  ["week", "2027-01-01T00:00:00Z", "2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z"],
  ["week", "1970-01-01T00:00:00Z", "1969-12-29T00:00:00Z", "1970-01-05T00:00:00Z"],
  ["month", "2026-11-30T23:59:59.999Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"],
  ["month", "2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"],
  ["month", "2026-01-31T12:00:00Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"],
  ["month", "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"],
  ["month", "2100-02-28T12:00:00Z", "2100-02-01T00:00:00Z", "2100-03-01T00:00:00Z"],
  ["month", "1969-12-31T23:59:59.999Z", "1969-12-01T00:00:00Z", "1970-01-01T00:00:00Z"],
  // Years below 100 are no years of the twentieth century.
  ["month", "0050-05-05T00:00:00Z", "0050-05-01T00:00:00Z", "0050-06-01T00:00:00Z"],
];

for (const [window, moment, start, end] of cases) {
  test(`the ${window} of ${moment} begins at ${start} and ends at ${end}`, () => {
    assert.deepEqual(findWindow(window, at(moment)), { start: at(start), end: at(end) });
  });
}

test("a lifetime begins at 0 and never ends", () => {
  assert.deepEqual(findWindow("lifetime", at("2026-11-20T00:00:00Z")), { start: 0, end: null });
});

const moment = fc.integer({ min: -8_000_000_000_000_000, max: 8_000_000_000_000_000 });

test("a moment lies in its window, and so do the window's first and last millisecond", () => {
  fc.assert(
    fc.property(fc.constantFrom(...budgetWindows), moment, (window, now) => {
      const bounds = findWindow(window, now);
      if (bounds.end === null) return;
      assert.ok(bounds.start <= now && now < bounds.end);
      assert.deepEqual(findWindow(window, bounds.start), bounds);
      assert.deepEqual(findWindow(window, bounds.end - 1), bounds);
      assert.equal(findWindow(window, bounds.end).start, bounds.end);
    }),
  );
});

test("weeks begin on Mondays and months on their first day", () => {
  fc.assert(
    fc.property(moment, (now) => {
      assert.equal(new Date(findWindow("week", now).start).getUTCDay(), 1);
      assert.equal(new Date(findWindow("month", now).start).getUTCDate(), 1);
    }),
  );
});

test("what is no moment is a bug of the caller, for every window", () => {
  for (const window of budgetWindows) {
    for (const now of [Number.NaN, Infinity, -Infinity, 8_640_000_000_000_000]) {
      assert.throws(() => findWindow(window, now), RangeError);
    }
  }
});
