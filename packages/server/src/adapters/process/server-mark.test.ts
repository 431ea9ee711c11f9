import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  formatServerMark,
  isServerAlive,
  parseLeftoverName,
  parseServerMark,
  readServerMark,
  toLeftoverPrefix,
} from "./server-mark.ts";

test("a mark survives being written into an environment and into a name", () => {
  const number = fc.nat().map(String);
  const instance = fc.stringMatching(/^[a-z0-9]{1,12}$/);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4_194_304 }),
      number,
      instance,
      number,
      (pid, startTime, name, pidNamespace) => {
        const mark = { pid, startTime, instance: name, pidNamespace };
        assert.deepEqual(parseServerMark(formatServerMark(mark)), mark);
        assert.deepEqual(parseLeftoverName(`${toLeftoverPrefix(mark)}Xy-9z`), mark);
      },
    ),
  );
});

test("what is not a mark is none", () => {
  for (const text of ["", ":::", "1:2:a", "0:2:a:4", "-1:2:a:4", "1:2:A:4", "1:2:a:4 ", "1:2:a:4:5", "1e3:2:a:4"]) {
    assert.equal(parseServerMark(text), undefined, text);
  }
  for (const name of ["gantry-", "gantry-1-2-a-4", "other-1-2-a-4-x", "gantry-test-abc", "../gantry-1-2-a-4-x"]) {
    assert.equal(parseLeftoverName(name), undefined, name);
  }
});

test("this process is alive; one of the same pid and another start is not", () => {
  const mark = readServerMark("abc");
  assert.ok(isServerAlive(mark));
  assert.equal(isServerAlive({ ...mark, startTime: `${mark.startTime}0` }), false);
});

test("an instance that would not be read back is refused", () => {
  for (const instance of ["", "a-b", "a:b", "A"]) assert.throws(() => readServerMark(instance), TypeError);
});
