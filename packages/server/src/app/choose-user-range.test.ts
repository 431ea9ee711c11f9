import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseUserRange } from "./choose-user-range.ts";
import { StartError } from "./start-error.ts";

const whole = "         0          0 4294967295\n";
const rootless = "         0       1000          1\n         1     100000      65536\n";

test("the usual users lie far above all accounts, those of a small user namespace within it", () => {
  assert.deepEqual(chooseUserRange(undefined, whole), { first: 1_900_000_000, last: 1_900_065_535 });
  assert.deepEqual(chooseUserRange(undefined, rootless), { first: 30_000, last: 59_999 });
  assert.deepEqual(chooseUserRange(undefined, ""), { first: 1_900_000_000, last: 1_900_065_535 });
});

test("a setting is taken as it is, or refused with what was expected", () => {
  assert.deepEqual(chooseUserRange("70000-79999", whole), { first: 70_000, last: 79_999 });
  for (const setting of ["", "7", "2000-1000", "1000-1010", "a-b", "0-5000", "1000-99999999999", "1000-4294967295"]) {
    assert.throws(() => chooseUserRange(setting, whole), StartError, setting);
  }
});
