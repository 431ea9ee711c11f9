import assert from "node:assert/strict";
import { test } from "node:test";
import type { CronTimes } from "../../core/ports/cron-reader.ts";
import { readCron } from "./read-cron.ts";

function timesOf(cron: string, timeZone = "UTC"): CronTimes {
  const times = readCron(cron, timeZone);
  assert.ok(!("field" in times), JSON.stringify(times));
  return times;
}

/** The slots after a moment, as `MM-DD HH:MM` in UTC. */
function list(cron: string, timeZone: string, from: string, count: number): string[] {
  const times = timesOf(cron, timeZone);
  const found: string[] = [];
  for (let at = Date.parse(from); found.length < count;) {
    const next = times.next(at);
    assert.ok(next !== undefined && next > at);
    found.push(new Date(next).toISOString().slice(5, 16).replace("T", " "));
    at = next;
  }
  return found;
}

test("a time of the day is that of its zone, in winter and in summer", () => {
  assert.deepEqual(list("30 6 * * MON-FRI", "Europe/Berlin", "2026-03-27T00:00Z", 2), ["03-27 05:30", "03-30 04:30"]);
  assert.deepEqual(list("@daily", "UTC", "2026-11-28T00:00Z", 1), ["11-29 00:00"]);
  assert.deepEqual(list("0 0 29 2 *", "UTC", "2026-01-01T00:00Z", 2), ["02-29 00:00", "02-29 00:00"]);
});

test("a fixed time in the hour that spring leaves out comes when that hour would have ended, once and on that day", () => {
  assert.deepEqual(list("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00Z", 3), [
    "03-28 01:30",
    "03-29 01:00",
    "03-30 00:30",
  ]);
  assert.deepEqual(list("30 2 * * *", "America/New_York", "2026-03-08T05:00Z", 2), ["03-08 07:00", "03-09 06:30"]);
  // Two fixed times that fall together are one slot.
  assert.deepEqual(list("0 2,3 * * *", "Europe/Berlin", "2026-03-29T00:10Z", 2), ["03-29 01:00", "03-30 00:00"]);
});

test("a fixed time in the hour that autumn doubles comes once, the first time", () => {
  assert.deepEqual(list("30 2 * * *", "Europe/Berlin", "2026-10-24T23:00Z", 2), ["10-25 00:30", "10-26 01:30"]);
  assert.deepEqual(list("0 1-2 * * *", "Europe/Berlin", "2026-10-24T22:00Z", 3), [
    "10-24 23:00",
    "10-25 00:00",
    "10-26 00:00",
  ]);
});

test("what comes at intervals leaves the missing hour out, and comes in both passes of the doubled one", () => {
  assert.deepEqual(list("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:10Z", 3), [
    "03-29 00:30",
    "03-29 01:00",
    "03-29 01:30",
  ]);
  assert.deepEqual(list("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:10Z", 5), [
    "10-25 00:30",
    "10-25 01:00",
    "10-25 01:30",
    "10-25 02:00",
    "10-25 02:30",
  ]);
});

test("the newest slot is the one that the next ones lead to, at its minute and until the next", () => {
  const cases = [
    ["30 2 * * *", "Europe/Berlin"],
    ["*/30 * * * *", "Europe/Berlin"],
    ["0 2,3 * * *", "America/New_York"],
    ["15 */6 * * 1-5", "Australia/Lord_Howe"],
  ] as const;
  for (const [cron, zone] of cases) {
    const times = timesOf(cron, zone);
    for (const from of ["2026-03-07T00:00Z", "2026-03-28T12:00Z", "2026-04-04T00:00Z", "2026-10-24T12:00Z"]) {
      let at = times.next(Date.parse(from));
      for (let count = 0; count < 40 && at !== undefined; count += 1) {
        const next = times.next(at);
        assert.ok(next !== undefined);
        const told = `${cron} ${zone} ${new Date(at).toISOString()}`;
        assert.deepEqual([times.newest(at), times.newest(at + 59_999), times.newest(next - 1)], [at, at, at], told);
        at = next;
      }
    }
  }
});

test("what is no cron expression, never comes, or stands in no zone is told by its field", () => {
  const wrong = ["", "x", "* * * *", "* * * * * *", "61 * * * *", "*/0 * * * *", "@reboot", "? * * * *", "2027-01-01"];
  const never = ["0 0 30 2 *", "0 0 31 4,6,9,11 *"];
  for (const cron of [
    ...wrong,
    ...never,
    "2027-01-01T00:00:00",
    "* * * * *\n",
    "0 0 * * MOO",
    `${"1,".repeat(90)}1 * * * *x`,
  ]) {
    const problem = readCron(cron, "UTC");
    assert.ok("field" in problem, cron);
    assert.equal(problem.field, "cron", cron);
    assert.match(problem.expected, /^expected/);
    assert.doesNotMatch(problem.expected, /Cron[A-Z]|\bat \w+ \(/);
  }
  for (const zone of ["", "Nowhere/None", "+02:00", "Europe/Berlin\n", "../../etc"]) {
    assert.partialDeepStrictEqual(readCron("@daily", zone), { field: "time_zone" });
  }
});
