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

/** The window of the UTC calendar that a moment falls into. */
export function findWindow(window: BudgetWindow, at: number): WindowBounds {
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
      const date = new Date(at);
      const start = Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
      return { start, end: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) };
    }
    case "lifetime":
      return { start: 0, end: null };
  }
}

function toFixed(at: number, length: number, origin: number): WindowBounds {
  const start = Math.floor((at - origin) / length) * length + origin;
  return { start, end: start + length };
}
