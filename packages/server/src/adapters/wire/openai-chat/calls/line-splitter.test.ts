import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { createLineSplitter } from "./line-splitter.ts";

function split(pieces: readonly Uint8Array[], longest = 1_000_000) {
  const splitter = createLineSplitter(longest);
  const lines = pieces.flatMap((piece) => splitter.push(piece).map(String));
  return { lines, rest: splitter.rest().toString(), overflowed: splitter.overflowed };
}

test("lines end with LF, CR or both, and the last may have no end", () => {
  assert.deepEqual(split([Buffer.from("a\nb\r\nc\rd\n\n\r\n\r\re")]), {
    lines: ["a", "b", "c", "d", "", "", "", ""],
    rest: "e",
    overflowed: false,
  });
  assert.deepEqual(split([]), { lines: [], rest: "", overflowed: false });
});

test("lines are the same however the bytes are split", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "é", "\n", "\r", "\r\n"), maxLength: 20 });
  fc.assert(
    fc.property(text, (written) => {
      const bytes = Buffer.from(written);
      const whole = split([bytes]);
      assert.deepEqual([...whole.lines, whole.rest], written.split(/\r\n|\r|\n/));
      assert.deepEqual(split([...bytes].map((byte) => Uint8Array.of(byte))), whole);
      for (let place = 0; place <= bytes.length; place += 1) {
        assert.deepEqual(split([bytes.subarray(0, place), bytes.subarray(place)]), whole);
      }
    }),
  );
});

test("a line that is too long ends everything, and the lines before it come out", () => {
  assert.deepEqual(split([Buffer.from("abc\nabcd\nabc\n"), Buffer.from("abc\n")], 3), {
    lines: ["abc"],
    rest: "",
    overflowed: true,
  });
  assert.deepEqual(split([Buffer.from("abc\nab"), Buffer.from("cd")], 3), {
    lines: ["abc"],
    rest: "",
    overflowed: true,
  });
});

test("a long line in single bytes, and many ends of one kind, are split within seconds", { timeout: 60_000 }, () => {
  const splitter = createLineSplitter(1_000_000);
  const byte = Buffer.from("x");
  for (let count = 0; count < 1_000_000; count += 1) splitter.push(byte);
  assert.equal(splitter.push(Buffer.from("\n"))[0]?.length, 1_000_000);
  assert.equal(splitter.push(Buffer.alloc(1_000_000, "\r")).length, 1_000_000);
  // The LF ends the CR before it.
  assert.equal(splitter.push(Buffer.alloc(1_000_000, "\n")).length, 999_999);
});
