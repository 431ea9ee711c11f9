import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createLineScanner } from "./line-scanner.ts";

function scan(chunks: readonly Buffer[], maxLineBytes = 1_000): readonly string[] {
  const seen: string[] = [];
  const scanner = createLineScanner({
    maxLineBytes,
    onLine: (line) => seen.push(line.toString("latin1")),
    onOverflow: () => seen.push("overflow"),
  });
  for (const chunk of chunks) scanner.push(chunk);
  scanner.end();
  return seen;
}

function cut(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const places = [0, ...cuts.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

test("any split of the bytes gives the same lines, and the same overflow", () => {
  // Few different bytes and a low cap, so that newlines and lines that are too long are frequent.
  const bytes = fc.uint8Array({ max: 15, maxLength: 200 }).map((values) => Buffer.from(values));
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(), { maxLength: 40 }), fc.integer({ min: 0, max: 40 }), (input, cuts, cap) => {
      assert.deepEqual(scan(cut(input, cuts), cap), expectLines(input, cap));
    }),
  );
});

/** The definition, written plainly: lines in order until the first that is too long. */
function expectLines(input: Buffer, cap: number): readonly string[] {
  const parts = input.toString("latin1").split("\n");
  // What stands behind the last newline is a line only if there is something.
  const lines = parts.at(-1) === "" ? parts.slice(0, -1) : parts;
  const tooLong = lines.findIndex((line) => line.length > cap);
  return tooLong === -1 ? lines : [...lines.slice(0, tooLong), "overflow"];
}

test("a line of exactly the cap is a line, one byte more is an overflow", () => {
  assert.deepEqual(scan([Buffer.from("12345\n")], 5), ["12345"]);
  assert.deepEqual(scan([Buffer.from("123456\nnext\n")], 5), ["overflow"]);
});

test("nothing comes of no bytes", () => {
  assert.deepEqual(scan([]), []);
  assert.deepEqual(scan([Buffer.alloc(0), Buffer.alloc(0)]), []);
});

test("a long line in one-byte pieces comes out whole", () => {
  const pieces = Array.from({ length: 300_000 }, (_, index) => Buffer.from([97 + (index % 26)]));
  const [line = ""] = scan([...pieces, Buffer.from("\n")], 300_000);
  assert.equal(line, Buffer.concat(pieces).toString("latin1"));
});

test("a line that was handed over is not written to again", () => {
  const lines: Buffer[] = [];
  const scanner = createLineScanner({ maxLineBytes: 100, onLine: (line) => lines.push(line), onOverflow: () => {} });
  for (const chunk of ["fir", "st\nsec", "ond\n"]) scanner.push(Buffer.from(chunk));
  assert.deepEqual(lines.map(String), ["first", "second"]);
});
