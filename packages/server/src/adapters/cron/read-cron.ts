import { Cron } from "croner";
import type { ReadCron } from "../../core/ports/cron-reader.ts";

const form = "expected five fields, such as `30 6 * * MON-FRI`, or @hourly, @daily, @weekly, @monthly or @yearly";
const names = /^@(hourly|daily|midnight|weekly|monthly|yearly|annually)$/i;
/** `?`, which some use for the present moment, is not among them: it would be another time at each reading. */
const fields = /^[\w*,/#-]+( +[\w*,/#-]+){4}$/;
/** Of the Gregorian calendar after which every combination of date and weekday has come again. */
const probedFrom = Date.UTC(2000, 0, 1);

/**
 * Reads a cron expression. Where clocks go forward, a fixed time in the gap comes at the gap's end, on the same day; where they go back, it comes
 * once, the first time. What comes at intervals (`*`, or with a step) leaves out the gap, and comes in both passes of the hour that is doubled.
 */
export const readCron: ReadCron = (cron, timeZone) => {
  if (!isTimeZone(timeZone)) {
    return { field: "time_zone", expected: "expected an IANA time zone, such as UTC or Europe/Berlin" };
  }
  if (!names.test(cron) && !fields.test(cron)) return { field: "cron", expected: form };
  let pattern: Cron;
  try {
    // Paused: it is asked for times and starts no timer.
    pattern = new Cron(cron, { mode: "5-part", timezone: timeZone, fixedTimeRule: "no-wildcard", paused: true });
    if (pattern.nextRun(new Date(probedFrom)) === null) {
      return { field: "cron", expected: "expected a time that comes; there is no such date" };
    }
  } catch (error) {
    const words = error instanceof Error ? error.message.replace(/^Cron\w*: /, "") : "it cannot be read";
    return { field: "cron", expected: `${form}: ${words}` };
  }
  return {
    next: (at) => pattern.nextRun(new Date(at))?.getTime(),
    // Asked for what lies before a second: the one that `at` is in counts.
    newest: (at) => pattern.previousRuns(1, new Date((Math.floor(at / 1000) + 1) * 1000))[0]?.getTime(),
  };
};

/** Names only: an offset such as `+02:00` knows no summer. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][\w+/-]*$/.test(name)) return false;
  try {
    Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
