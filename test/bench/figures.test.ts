import assert from "node:assert/strict";
import { test } from "node:test";
import { quantile, toSpread } from "../../bench/measure/quantiles.ts";
import { isMet, toBoundsTable, type Bound } from "../../bench/report/bound.ts";
import { toFigure } from "../../bench/report/markdown-table.ts";

test("a quantile lies between its neighbours in proportion, whatever the order", () => {
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  assert.equal(quantile([10, 0], 0.95), 9.5);
  assert.equal(quantile([7], 0.95), 7);
  assert.ok(Number.isNaN(quantile([], 0.5)));
  assert.deepEqual(toSpread([10, 9, 100]), { median: 10, low: 9, high: 100 });
});

test("a bound is met on its limit where it says so, and missed where nothing was measured", () => {
  const bound: Bound = { claim: "a|b", relation: "<=", limit: 3, unit: "ms", measured: 3 };
  assert.equal(isMet(bound), true);
  assert.equal(isMet({ ...bound, relation: "<" }), false);
  assert.equal(isMet({ ...bound, relation: ">=" }), true);
  assert.equal(isMet({ ...bound, relation: "=" }), true);
  for (const relation of ["<", "<=", ">=", "="] as const) {
    assert.equal(isMet({ ...bound, relation, measured: Number.NaN }), false);
  }
  assert.match(toBoundsTable([bound]), /\| a\\\|b \| <= 3 ms \| 3\.00 ms \| met \|$/);
});

test("a figure has the digits that are worth reading", () => {
  assert.deepEqual([0, 1.234, 12.34, 1234.5, -0.5, Number.NaN].map(toFigure), [
    "0",
    "1.23",
    "12.3",
    "1235",
    "-0.50",
    "-",
  ]);
});
