import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toDisposition } from "./to-disposition.ts";

test("a plain name stands as it is, any other has a plain one beside it", () => {
  assert.equal(toDisposition("usage.csv"), 'attachment; filename="usage.csv"');
  assert.equal(toDisposition('a"\r\nx: y'), `attachment; filename="a___x_ y"; filename*=UTF-8''a%22%0D%0Ax%3A%20y`);
  assert.equal(toDisposition("ü'()"), `attachment; filename="__()"; filename*=UTF-8''%C3%BC%27%28%29`);
});

test("no name breaks out of the header", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const form = /^attachment; filename="[\w .()+-]+"(; filename\*=UTF-8''[\w.!~%-]*)?$/;
      assert.match(toDisposition(name), form);
    }),
  );
});
