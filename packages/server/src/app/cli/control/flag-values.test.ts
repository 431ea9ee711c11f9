import assert from "node:assert/strict";
import { test } from "node:test";
import { countFlag, dollarsFlag, durationFlag, listFlag, onOffFlag, pairsFlag, timeFlag } from "./flag-values.ts";

const now = Date.UTC(2026, 10, 20, 12);
const hour = 3_600_000;

test("a flag that is not there is undefined", () => {
  assert.deepEqual(
    [countFlag, dollarsFlag, durationFlag, listFlag, onOffFlag, pairsFlag].map((read) => read({}, "x")),
    Array<undefined>(6).fill(undefined),
  );
});

test("dollars become whole micro-dollars without a rounding", () => {
  const read = (x: string) => dollarsFlag({ x }, "x");
  assert.deepEqual(
    ["0", "12.5", "$0.1", "0.000001", "999999999.999999"].map(read),
    [0, 12_500_000, 100_000, 1, 999_999_999_999_999],
  );
  for (const wrong of ["", "1,5", "-1", "1e3", ".5", "1.", "0.0000001", "9999999999"]) {
    assert.throws(() => read(wrong), { name: "FlagError", message: /^--x: expected US dollars such as 12\.50, got "/ });
  }
});

test("times are lengths from now on or back, dates, or moments", () => {
  const read = (x: string, side: "ahead" | "back" = "ahead") => timeFlag({ x }, "x", now, side);
  assert.equal(read("2h"), now + 2 * hour);
  assert.equal(read("2h", "back"), now - 2 * hour);
  assert.equal(read("999999d", "back"), 0);
  assert.equal(read("2026-11-20"), now - 12 * hour);
  assert.equal(read("2026-11-20T13:00:00+01:00"), now);
  assert.equal(read(String(now)), now);
  for (const wrong of ["", "soon", "2 h", "-1h", "2026-11-31", "2026-11-20T13:00"]) {
    assert.throws(() => read(wrong), { name: "FlagError" });
  }
  assert.equal(durationFlag({ x: "90s" }, "x"), 90_000);
});

test("names and pairs are separated by commas", () => {
  assert.deepEqual(listFlag({ x: "a, b" }, "x"), ["a", "b"]);
  assert.deepEqual(pairsFlag({ x: "a=1,b=c=d,e=" }, "x"), { a: "1", b: "c=d", e: "" });
  assert.deepEqual(pairsFlag({ x: "" }, "x"), {});
  assert.throws(() => listFlag({ x: "a,,b" }, "x"), { name: "FlagError" });
  for (const wrong of ["a", "=1", "a=1,"]) assert.throws(() => pairsFlag({ x: wrong }, "x"), { name: "FlagError" });
});

test("switches with a value are on or off, and counts are plain digits", () => {
  assert.deepEqual([onOffFlag({ x: "on" }, "x"), onOffFlag({ x: "off" }, "x")], [true, false]);
  assert.throws(() => onOffFlag({ x: "yes" }, "x"), { name: "FlagError" });
  assert.equal(countFlag({ x: "007" }, "x"), 7);
  for (const wrong of ["1.5", "-1", "", "9".repeat(16)]) assert.throws(() => countFlag({ x: wrong }, "x"));
});
