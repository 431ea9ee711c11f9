import type { RunState } from "@gantry/contracts/runs";
import { FailureError } from "@gantry/contracts/errors";
import type { CallPayer } from "../model-plane/call-payer.ts";
import type { RunStateKeeper } from "./run-state-keeper.ts";

/** Pays for the calls of a run as `payer` does, and keeps the run's state: `budget_reached` from a refusal to the next call let in. */
export function createRunPayer(
  payer: CallPayer,
  run: { readonly id: string; readonly state: RunState },
  states: RunStateKeeper,
): CallPayer {
  const noteIfRefused = async (error: unknown): Promise<void> => {
    const isRefused = error instanceof FailureError && error.failure.code === "budget_exceeded";
    if (isRefused) await states.noteRefused(run.id, run.state);
  };

  return {
    async open(call) {
      const payment = await payer.open(call).catch(async (error: unknown) => {
        await noteIfRefused(error);
        throw error;
      });
      await states.noteLetIn(run.id, run.state);
      return {
        inputTokens: payment.inputTokens,
        outputTokens: payment.outputTokens,
        async extend(outputTokens) {
          const refusal = await payment.extend(outputTokens);
          await noteIfRefused(refusal);
          return refusal;
        },
        settle: (settlement) => payment.settle(settlement),
      };
    },
  };
}
