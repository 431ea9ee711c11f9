import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readRetryAfter } from "./read-retry-after.ts";

const date = "Wed, 21 Oct 2026 07:28:00 GMT";
const minuteLater = "Wed, 21 Oct 2026 07:29:00 GMT";

test("milliseconds go before seconds, seconds before a date", () => {
  assert.equal(readRetryAfter({ "retry-after-ms": "1250.5", "retry-after": "7" }), 1251);
  assert.equal(readRetryAfter({ "retry-after": " 7 " }), 7000);
  assert.equal(readRetryAfter({ "retry-after": "0.5" }), 500);
  assert.equal(readRetryAfter({ "retry-after": minuteLater, date }), 60_000);
  assert.equal(readRetryAfter({ "retry-after-ms": "soon", "retry-after": "7" }), 7000);
});

test("a wait lies between none and a day", () => {
  assert.equal(readRetryAfter({ "retry-after": "-5" }), 0);
  assert.equal(readRetryAfter({ "retry-after": date, date: minuteLater }), 0);
  assert.equal(readRetryAfter({ "retry-after": "999999999999999" }), 86_400_000);
});

test("what cannot be read is no wait at all", () => {
  for (const written of ["", "soon", "1e9", "0x10", "Infinity", "NaN", "7s", minuteLater]) {
    assert.equal(readRetryAfter({ "retry-after": written }), undefined);
  }
  assert.equal(readRetryAfter({}), undefined);
});

test("whatever the headers hold, the wait is a whole number of milliseconds or undefined", () => {
  const text = fc.option(fc.oneof(fc.string(), fc.double().map(String), fc.date().map(String)), { nil: "" });
  fc.assert(
    fc.property(text, text, text, (inMs, seconds, now) => {
      const wait = readRetryAfter({ "retry-after-ms": inMs, "retry-after": seconds, date: now });
      assert.ok(wait === undefined || (Number.isInteger(wait) && wait >= 0 && wait <= 86_400_000));
    }),
  );
});
