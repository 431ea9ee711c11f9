import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openTrace, toTraceparent } from "./trace-context.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const parentId = "00f067aa0ba902b7";
/** Gives ids that can be told from a caller's. */
const randomHex = (bytes: number): string => "ab".repeat(bytes);
const ownId = "abababababababab";

test("the caller's trace goes on under an id of our own, with its flags", () => {
  const trace = openTrace(`00-${traceId}-${parentId}-01`, randomHex);
  assert.deepEqual(trace, { traceId, spanId: ownId, parentId, flags: "01" });
  assert.equal(toTraceparent(trace), `00-${traceId}-${ownId}-01`);
});

test("a trace begins here, and asks nobody to record it, where the caller sends none", () => {
  const trace = openTrace(undefined, randomHex);
  assert.deepEqual(trace, { traceId: "ab".repeat(16), spanId: ownId, parentId: undefined, flags: "00" });
});

test("a header that is not valid begins a new trace", () => {
  const invalid = [
    "",
    "00",
    `00-${traceId}-${parentId}`,
    `00-${traceId.toUpperCase()}-${parentId}-01`,
    `00-${"0".repeat(32)}-${parentId}-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `ff-${traceId}-${parentId}-01`,
    `00-${traceId}-${parentId}-01-more`,
    `00-${traceId}-${parentId}-0g`,
    `01-${traceId}-${parentId}-011`,
    `00-${traceId}-${parentId}-01, 00-${traceId}-${parentId}-01`,
    `00-${traceId}-${parentId}-01\nx-injected: 1`,
  ];
  for (const header of invalid) assert.equal(openTrace(header, randomHex).parentId, undefined, JSON.stringify(header));
  assert.equal(openTrace([`00-${traceId}-${parentId}-01`], randomHex).parentId, undefined);
});

test("of a later version the known part is taken over, and what goes out is of the first", () => {
  for (const header of [`01-${traceId}-${parentId}-ff`, `cc-${traceId}-${parentId}-01-what-the-future-brings`]) {
    assert.equal(toTraceparent(openTrace(header, randomHex)), `00-${traceId}-${ownId}-01`, header);
  }
});

test("whatever comes in and whatever the dice say, what goes out is valid", () => {
  const digits = (length: number) =>
    fc.string({ unit: fc.constantFrom(..."0123456789abcdefF-"), minLength: length, maxLength: length });
  const nearlyValid = fc
    .tuple(digits(2), digits(32), digits(16), digits(2), fc.constantFrom("", "-x"))
    .map(([version, trace, parent, flags, more]) => `${version}-${trace}-${parent}-${flags}${more}`);
  fc.assert(
    fc.property(fc.oneof(fc.string(), nearlyValid), fc.constantFrom("00", "ab"), (header, byte) => {
      const out = toTraceparent(openTrace(header, (bytes) => byte.repeat(bytes)));
      assert.match(out, /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/);
    }),
  );
});
