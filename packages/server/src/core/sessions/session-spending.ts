import { FailureError } from "@gantry/contracts/errors";
import type { Settlement } from "../budgets/billing.ts";
import { costOf, type PriceTable } from "../budgets/price-table.ts";
import type { CallPayer } from "../model-plane/call-payer.ts";

/** What the model calls of one session come to while its process runs. */
export interface SessionSpending {
  readonly payer: CallPayer;
  /** Since it was last asked, in micro-dollars. */
  takeCost(): number;
  /** Whether a budget has refused a call since it was last asked. */
  takeRefusal(): boolean;
  noteLimit(retryAfterMs: number | undefined): void;
  /** How long the limit lasts that an upstream has refused a call by since it was last asked, where it has said so. */
  takeLimit(): number | undefined;
}

export function createSessionSpending(payer: CallPayer, prices: PriceTable): SessionSpending {
  let micros = 0;
  let refused = false;
  let limitMs: number | undefined;

  const note = (error: unknown): void => {
    refused ||= error instanceof FailureError && error.failure.code === "budget_exceeded";
  };
  const add = (model: string, { costMicros, tokens }: Settlement): void => {
    const price = prices.priceOf(model);
    micros += costMicros ?? (price === undefined ? 0 : costOf(price, tokens));
  };

  return {
    payer: {
      async open(call) {
        const payment = await payer.open(call).catch((error: unknown) => {
          note(error);
          throw error;
        });
        let isSettled = false;
        return {
          inputTokens: payment.inputTokens,
          outputTokens: payment.outputTokens,
          async extend(outputTokens) {
            const refusal = await payment.extend(outputTokens);
            note(refusal);
            return refusal;
          },
          async settle(settlement) {
            if (!isSettled) add(settlement.model ?? call.model, settlement);
            isSettled = true;
            await payment.settle(settlement);
          },
        };
      },
    },
    takeCost() {
      const taken = micros;
      micros = 0;
      return taken;
    },
    noteLimit(retryAfterMs) {
      limitMs = retryAfterMs;
    },
    takeLimit() {
      const taken = limitMs;
      limitMs = undefined;
      return taken;
    },
    takeRefusal() {
      const taken = refused;
      refused = false;
      return taken;
    },
  };
}
