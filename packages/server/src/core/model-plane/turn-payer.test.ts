import assert from "node:assert/strict";
import { test } from "node:test";
import { noUsage } from "@gantry/contracts/completion";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { systemClock } from "../ports/clock.ts";
import { createTurnPayer } from "./turn-payer.ts";

const estimate = { inputTokens: 10, outputTokens: 100, amounts: { micros: 1, tokens: 110 } };
const call = { callId: "c", model: "m", size: { inputBytes: 1, images: 0 }, signal: new AbortController().signal };
const tokens = { inputTokens: 5, cacheReadTokens: 1, cacheWriteTokens: 2, outputTokens: 7, cacheWrite1hTokens: 2 };
const settlement = { tokens, costMicros: undefined, firstTokenMs: 1, latencyMs: 2 };
const isRefusal = (error: unknown) => error instanceof FailureError && error.failure.code === "budget_exceeded";

function open(refusal?: FailureError) {
  const extended: number[] = [];
  const extend = async (more: number) => {
    extended.push(more);
    return refusal;
  };
  return { extended, payer: createTurnPayer({ estimate, extend }, systemClock) };
}

test("the first call is paid already; what it came to is counted once", async () => {
  const { payer, extended } = open();
  const payment = await payer.open(call);
  await payment.settle({ ...settlement, model: "m", outcome: "completed" });
  await payment.settle({ ...settlement, model: "n", outcome: "cancelled" });
  assert.deepEqual(payer.tally, { calls: 1, tokens, model: "m", refusal: undefined, failure: undefined });
  assert.deepEqual(extended, []);
});

test("after an answer no further call is let in", async () => {
  for (const outcome of ["completed", "cut"] as const) {
    const { payer } = open();
    await (await payer.open(call)).settle({ ...settlement, outcome });
    await assert.rejects(payer.open(call), isRefusal);
    assert.equal(payer.tally.calls, 1);
  }
});

test("a call after one that failed is paid for in addition, and refused where there is nothing left", async () => {
  const { payer, extended } = open();
  await (await payer.open(call)).settle({ ...settlement, tokens: noUsage, outcome: "failed" });
  await (await payer.open(call)).settle({ ...settlement, outcome: "completed" });
  assert.deepEqual([extended, payer.tally.calls], [[100], 2]);

  const poor = open(new FailureError(toFailure("budget_exceeded")));
  await (await poor.payer.open(call)).settle({ ...settlement, outcome: "failed" });
  await assert.rejects(poor.payer.open(call), isRefusal);
  assert.equal(poor.payer.tally.refusal?.failure.code, "budget_exceeded");
});

test("an answer that finds no more room in a budget ends its turn", async () => {
  const { payer, extended } = open(new FailureError(toFailure("budget_exceeded")));
  const payment = await payer.open(call);
  assert.equal(payment.outputTokens, estimate.outputTokens);
  assert.equal((await payment.extend(4096))?.failure.code, "budget_exceeded");
  await payment.settle({ ...settlement, outcome: "budget_reached" });
  await assert.rejects(payer.open(call), isRefusal);
  assert.deepEqual([extended, payer.tally.calls], [[4096], 1]);
});

test("it is quiet when no call is open", async () => {
  const { payer } = open();
  await payer.quiet();
  const payment = await payer.open(call);
  let isQuiet = false;
  const quiet = payer.quiet().then(() => (isQuiet = true));
  await new Promise(setImmediate);
  assert.equal(isQuiet, false);
  await payment.settle({ ...settlement, outcome: "completed" });
  await quiet;
});
