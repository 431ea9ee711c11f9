import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createUnwrapper } from "./create-unwrapper.ts";

test("the value of an object with one field comes out of any pieces of it", () => {
  const property = fc.property(
    fc.jsonValue(),
    fc.integer({ min: 0, max: 2 }),
    fc.infiniteStream(fc.nat(5)),
    (value, spaces, sizes) => {
      const text = JSON.stringify({ value }, null, spaces);
      const unwrapper = createUnwrapper();
      let out = "";
      for (let at = 0; at < text.length;) {
        const size = 1 + (sizes.next().value ?? 0);
        out += unwrapper.take(text.slice(at, at + size));
        at += size;
      }
      assert.deepEqual(JSON.parse(out), JSON.parse(JSON.stringify(value)));
    },
  );
  fc.assert(property);
});
