import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { RunState } from "@gantry/contracts/runs";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallPayer } from "../model-plane/call-payer.ts";
import type { RunStore } from "../ports/run-store.ts";
import { silentLog } from "../ports/test-driver.ts";
import { createRunPayer } from "./run-payer.ts";
import { createRunStateKeeper } from "./run-state-keeper.ts";

const call = { callId: "req_1", model: "m", size: { inputBytes: 1, images: 0 }, signal: new AbortController().signal };
const refusal = new FailureError(toFailure("budget_exceeded"));

/** A payer that does as it is told, for a run of that state, and what is written of the run. */
function createRun(known: RunState, write: () => Promise<void> = async () => {}) {
  const written: boolean[] = [];
  const warned: string[] = [];
  const told: { open: Error | undefined; extend: FailureError | undefined } = { open: undefined, extend: undefined };
  const inner: CallPayer = {
    async open() {
      if (told.open !== undefined) throw told.open;
      return { inputTokens: 3, outputTokens: 7, extend: async () => told.extend, settle: async () => {} };
    },
  };
  const runs: Pick<RunStore, "setBudgetReached"> = {
    async setBudgetReached(id, reached) {
      assert.equal(id, "run_a");
      written.push(reached);
      await write();
    },
  };
  const log = { ...silentLog, warn: (_fields: object, message: string) => void warned.push(message) };
  const payer = createRunPayer(inner, { id: "run_a", state: known }, createRunStateKeeper({ runs, log }));
  return { told, written, warned, payer };
}

test("calls that are let in write nothing of a run that is open", async () => {
  const { payer, written } = createRun("open");
  const payment = await payer.open(call);
  assert.equal(payment.outputTokens, 7);
  assert.equal(await payment.extend(1), undefined);
  assert.deepEqual(written, []);
});

test("a refusal is noted once for as long as nothing changes, and taken back by the next call", async () => {
  const { payer, told, written } = createRun("budget_reached");
  told.open = refusal;
  for (let tries = 0; tries < 3; tries += 1) await assert.rejects(payer.open(call), refusal);
  assert.deepEqual(written, [true]);
  told.open = undefined;
  await payer.open(call);
  assert.deepEqual(written, [true, false]);
  told.open = refusal;
  await assert.rejects(payer.open(call), refusal);
  assert.deepEqual(written, [true, false, true]);
});

test("a call that is cut off in its midst by a budget is a refusal too", async () => {
  const { payer, told, written } = createRun("open");
  const payment = await payer.open(call);
  told.extend = refusal;
  assert.equal(await payment.extend(1), refusal);
  assert.deepEqual(written, [true]);
});

test("a call that fails otherwise says nothing of the budget", async () => {
  const { payer, told, written } = createRun("open");
  for (const error of [new FailureError(toFailure("rate_limited")), new Error("budget_exceeded")]) {
    told.open = error;
    await assert.rejects(payer.open(call), error);
  }
  assert.deepEqual(written, []);
});

test("a state that cannot be written changes nothing of the call", async () => {
  const { payer, told, warned } = createRun("budget_reached", () => Promise.reject(new Error("disk")));
  await payer.open(call);
  told.open = refusal;
  await assert.rejects(payer.open(call), refusal);
  assert.equal(warned.length, 2);
});
