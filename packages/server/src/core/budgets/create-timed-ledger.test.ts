import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestClock } from "../ports/test-clock.ts";
import type { Ledger } from "../ports/ledger.ts";
import { createTimedLedger } from "./create-timed-ledger.ts";

/** Each call takes as many milliseconds as its place in the list; `expire` fails. */
function createSlowLedger() {
  const clock = createTestClock();
  const calls: unknown[][] = [];
  const take =
    <Result>(ms: number, result: Result) =>
    async (...given: unknown[]): Promise<Result> => {
      calls.push(given);
      clock.advance(ms);
      return result;
    };
  const ledger: Ledger = {
    reserve: take(1, { kind: "reserved" }),
    extend: take(2, { kind: "unknown" }),
    settle: take(3, true),
    record: take(4, false),
    renew: take(5, undefined),
    async expire() {
      clock.advance(6);
      throw new Error("the store is gone");
    },
  };
  return { clock, calls, ledger };
}

test("every call is passed on as it is, and timed whether it succeeds or not", async () => {
  const { clock, calls, ledger } = createSlowLedger();
  const notes: [string, number][] = [];
  const timed = createTimedLedger(ledger, clock, (operation, ms) => notes.push([operation, ms]));
  // The ledger beneath looks at nothing of what it is given.
  const [request, usage, audit] = [{}, {}, {}] as [never, never, never];
  const amounts = { micros: 1, tokens: 2 };

  assert.deepEqual(await timed.reserve(request), { kind: "reserved" });
  assert.deepEqual(await timed.extend("id", amounts, 7), { kind: "unknown" });
  assert.equal(await timed.settle("id", amounts, usage, audit), true);
  assert.equal(await timed.record(usage, audit), false);
  await timed.renew("node", 8);
  await assert.rejects(timed.expire(9), /the store is gone/);

  assert.deepEqual(calls, [[request], ["id", amounts, 7], ["id", amounts, usage, audit], [usage, audit], ["node", 8]]);
  assert.deepEqual(notes, [
    ["reserve", 1],
    ["extend", 2],
    ["settle", 3],
    ["record", 4],
    ["renew", 5],
    ["expire", 6],
  ]);
});
