import type { FailureError } from "@gantry/contracts/errors";
import type { Bill, Billing, Billable, Settlement } from "../budgets/billing.ts";
import type { EstimateInput } from "../budgets/estimate.ts";

/** Pays for the calls of one key, one run or one turn of an agent. */
export interface CallPayer {
  /** Sets aside what a call may cost. Rejects with a `FailureError` where it may not be made. */
  open(call: PayableCall): Promise<CallPayment>;
}

export interface PayableCall {
  readonly callId: string;
  /** Full id of the model, as its upstream knows it. */
  readonly model: string;
  /** Those that may answer in its place where it fails. */
  readonly otherModels?: readonly string[];
  readonly size: EstimateInput;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export interface CallPayment {
  /** Tokens of input as estimated, for an upstream that tells no figures. */
  readonly inputTokens: number;
  /** Tokens of output that are set aside so far at least. */
  readonly outputTokens: number;
  /** Sets more aside. Resolves with the refusal where a budget has no more. */
  extend(outputTokens: number): Promise<FailureError | undefined>;
  /** Books what the call came to; committed when it resolves. Only the first call counts. */
  settle(settlement: Settlement): Promise<void>;
}

/** What is the same for all calls of a payer. */
export type BilledTo = Pick<
  Billable,
  "principal" | "runId" | "address" | "payloadDigest" | "onRate" | "mayUseRest" | "driver"
> & {
  /** Has a call reserve in its turn. Resolves with what is to be called when it is settled. */
  readonly admit?: (reserve: () => Promise<void>, signal: AbortSignal) => Promise<() => void>;
};

/** Pays each call for itself: from the key's limits and from all budgets that apply. */
export function createBillPayer(billing: Billing, { admit = atOnce, ...to }: BilledTo): CallPayer {
  return {
    async open({ callId, model, otherModels = [], size, signal }) {
      const bill = billing.open({ ...to, requestId: callId, model, otherModels, size, action: "model_call.finished" });
      await bill.takeRate();
      const end = await reserveOrGiveBack(bill, () => admit(bill.reserve, signal));
      const settle = (settlement: Settlement): Promise<void> => bill.settle(settlement).finally(end);
      return { ...bill.estimate, extend: bill.extend, settle };
    },
  };
}

async function atOnce(reserve: () => Promise<void>): Promise<() => void> {
  await reserve();
  return () => {};
}

async function reserveOrGiveBack<Result>(bill: Bill, reserve: () => Promise<Result>): Promise<Result> {
  try {
    return await reserve();
  } catch (error) {
    await bill.giveBack();
    throw error;
  }
}
