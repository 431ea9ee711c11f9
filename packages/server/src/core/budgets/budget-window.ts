import type { BudgetWindow } from "@gantry/contracts/budgets";

/** When a window began and when it ends, in epoch milliseconds. A lifetime begins at 0 and never ends. */
export interface WindowBounds {
  readonly start: number;
  readonly end: number | null;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** 5 January 1970 was a Monday, with which weeks begin. */
const firstMonday = 4 * dayMs;

/** Some centuries before the end of what a date can hold, so that a window's end is always a time too. */
const latest = 8_600_000_000_000_000;

/** The window of the UTC calendar that a moment falls into. Throws a `RangeError` for what is no moment. */
export function findWindow(window: BudgetWindow, at: number): WindowBounds {
  // A sum kept under NaN would never be found again, and its budget would hold nothing.
  if (!(Math.abs(at) <= latest)) throw new RangeError(`${at} is no time in epoch milliseconds`);
  switch (window) {
    case "minute":
      return toFixed(at, minuteMs, 0);
    case "hour":
      return toFixed(at, hourMs, 0);
    case "day":
      return toFixed(at, dayMs, 0);
    case "week":
      return toFixed(at, 7 * dayMs, firstMonday);
    case "month": {
      const start = new Date(Math.floor(at / dayMs) * dayMs);
      start.setUTCDate(1);
      const end = new Date(start);
      return { start: start.getTime(), end: end.setUTCMonth(start.getUTCMonth() + 1) };
    }
    case "lifetime":
      return { start: 0, end: null };
  }
}

function toFixed(at: number, length: number, origin: number): WindowBounds {
  const start = Math.floor((at - origin) / length) * length + origin;
  return { start, end: start + length };
}
