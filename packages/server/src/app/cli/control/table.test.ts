import assert from "node:assert/strict";
import { test } from "node:test";
import { showCount, showDollars, showTime } from "./show-value.ts";
import { toDetails, toTable } from "./table.ts";

test("columns are as wide as their widest cell, figures on the right", () => {
  const table = toTable(
    [{ title: "name" }, { title: "cost", right: true }, { title: "note" }],
    [
      ["a", "$1.00", ""],
      ["longer", "$10.00", "x"],
    ],
  );
  assert.equal(table, "NAME      COST  NOTE\na        $1.00\nlonger  $10.00  x");
  assert.equal(
    toDetails([
      ["id", "1"],
      ["longer", "-"],
    ]),
    "id      1\nlonger  -",
  );
});

test("what steers a terminal is not printed", () => {
  assert.equal(toTable([{ title: "t" }], [["a\u001B[2J\nb\u009B\u202E"]]), "T\na\uFFFD[2J\uFFFDb\uFFFD\uFFFD");
});

test("money has cents and as many places more as it needs; what has no price says so", () => {
  assert.deepEqual([0, 12_500_000, 1, 1_500, 999_999_999_999_999].map(showDollars), [
    "$0.00",
    "$12.50",
    "$0.000001",
    "$0.0015",
    "$999999999.999999",
  ]);
  assert.equal(showDollars(null), "unpriced");
});

test("times are ISO in UTC, to the second", () => {
  assert.equal(showTime(Date.UTC(2026, 10, 20, 12, 0, 0, 999)), "2026-11-20T12:00:00Z");
  assert.deepEqual([showTime(null), showTime(Infinity)], ["-", "?"]);
  assert.equal(showCount(1_234_567), "1,234,567");
});
