import assert from "node:assert/strict";
import { test } from "node:test";
import { createId } from "./create-id.ts";

test("an id is its prefix and 24 characters, and every byte counts", () => {
  assert.match(
    createId("key", (count) => Uint8Array.from({ length: count }, (_, index) => index * 11)),
    /^key_[a-z0-9]{24}$/,
  );
  const fill = (byte: number) => createId("prj", (count) => new Uint8Array(count).fill(byte));
  const ids = new Set(Array.from({ length: 32 }, (_, byte) => fill(byte)));
  assert.equal(ids.size, 32);
  assert.equal(fill(0), fill(32));
});
