import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createTestClock } from "../../core/ports/test-clock.ts";
import { createDeadline } from "./deadline.ts";

type Step =
  | { readonly kind: "set"; readonly ms: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "extend" | "pause" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), ms: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 40 }) }),
  fc.record({ kind: fc.constantFrom("extend" as const, "pause" as const) }),
);

test("it expires exactly when nothing has moved it for its time, and once, whatever came before", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clock = createTestClock();
      const deadline = createDeadline(clock);
      const expired: number[] = [];
      const expected: number[] = [];
      let [wait, end] = [0, Infinity];
      for (const action of steps) {
        if (action.kind === "set") {
          [wait, end] = [action.ms, clock.now() + action.ms];
          deadline.set(action.ms, () => expired.push(clock.now()));
        } else if (action.kind === "pass") {
          if (end <= clock.now() + action.ms) {
            expected.push(end);
            end = Infinity;
          }
          clock.advance(action.ms);
        } else if (action.kind === "pause") {
          end = Infinity;
          deadline.pause();
        } else if (wait > 0) {
          end = clock.now() + wait;
          deadline.extend();
        }
        assert.deepEqual(expired, expected);
        assert.ok(clock.pending <= 1);
      }
      deadline.stop();
      assert.equal(clock.pending, 0);
      clock.advance(1000);
      assert.deepEqual(expired, expected);
    }),
  );
});
