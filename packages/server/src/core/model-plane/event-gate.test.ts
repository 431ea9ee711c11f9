import assert from "node:assert/strict";
import { test } from "node:test";
import { createEventGate } from "./event-gate.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** What goes on of a stream that comes in these pieces, and what is held at its end. */
function pass(pieces: readonly string[]) {
  const gate = createEventGate();
  const passed = pieces.map((piece) => text(gate.push(Buffer.from(piece))));
  return { passed, rest: text(gate.rest), isOpen: gate.isOpen };
}

for (const [name, end] of [
  ["LF", "\n"],
  ["CRLF", "\r\n"],
] as const) {
  const whole = `: hi${end}${end}event: é${end}data: {}${end}${end}`;
  const begun = `data: {"a"`;

  test(`whole events go on at once, and the beginning of one waits (${name})`, () => {
    assert.deepEqual(pass([whole, whole + begun, `:1}${end}`, end]), {
      passed: [whole, whole, "", `${begun}:1}${end}${end}`],
      rest: "",
      isOpen: false,
    });
  });

  test(`nothing is lost or changed, and no event goes on in part, however the bytes are split (${name})`, () => {
    const stream = Buffer.from(whole + whole + begun);
    for (let first = 0; first <= stream.length; first += 1) {
      for (let second = first; second <= stream.length; second += 1) {
        const gate = createEventGate();
        const pieces = [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)];
        const passed = pieces.map((piece) => Buffer.from(gate.push(piece)));
        assert.equal(Buffer.concat(passed).toString(), whole + whole);
        assert.equal(text(gate.rest), begun);
      }
    }
  });
}

test("a long event goes on in pieces, and the gate says so until it ends", () => {
  const long = `data: ${"x".repeat(70_000)}`;
  const gate = createEventGate();
  assert.equal(text(gate.push(Buffer.from(long))), long);
  assert.equal(gate.isOpen, true);
  assert.equal(text(gate.push(Buffer.from("y\n\ndata: z"))), "y\n\n");
  assert.deepEqual([gate.isOpen, text(gate.rest)], [false, "data: z"]);
});
