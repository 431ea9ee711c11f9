import { type TokenUsage, noUsage } from "@gantry/contracts/completion";
import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type { Bill, Settlement } from "../budgets/billing.ts";
import { createWorkCount } from "../budgets/work-count.ts";
import type { Clock } from "../ports/clock.ts";
import type { CallPayer } from "./call-payer.ts";

/** An agent that was interrupted hangs up at once; this is for one that does not. */
const longestQuietMs = 1_000;

/** Pays the calls that an agent program makes for one turn from what was set aside for the turn. */
export interface TurnPayer extends CallPayer {
  readonly tally: TurnTally;
  /** Resolves when no call is open, so that the tally is whole; within a second in any case. */
  quiet(): Promise<void>;
}

/** What the calls came to, from the upstream's own figures. */
export interface TurnTally {
  readonly calls: number;
  readonly tokens: TokenUsage & { readonly cacheWrite1hTokens: number };
  /** Full id of the model that answered last; undefined where none did. */
  readonly model: string | undefined;
  /** Why a call was refused, where one was. */
  readonly refusal: FailureError | undefined;
  /** Why the last call failed, where it did and its upstream's word was not passed on. */
  readonly failure: Failure | undefined;
}

/**
 * The first call is covered by the turn's own reservation. Another one is made only where the one before failed, and
 * adds to it: a program that goes on after its answer would only be paid twice for it. Where an answer may have to be given again
 * to be in the form that is asked for, `mostAnswers` is more than one, and each after the first adds to the reservation.
 */
export function createTurnPayer(bill: Pick<Bill, "estimate" | "extend">, clock: Clock, mostAnswers = 1): TurnPayer {
  const open = createWorkCount();
  let calls = 0;
  let answers = 0;
  let refusal: FailureError | undefined;
  let tokens = { ...noUsage, cacheWrite1hTokens: 0 };
  let model: string | undefined;
  let failure: Failure | undefined;

  function refuse(error: FailureError): FailureError {
    refusal ??= error;
    return error;
  }

  return {
    get tally() {
      return { calls, tokens, model, refusal, failure };
    },
    async quiet() {
      if (open.running === 0) return;
      let cancel: () => void = () => {};
      const late = new Promise<void>((resolve) => {
        cancel = clock.after(longestQuietMs, resolve);
      });
      await Promise.race([open.idle(), late]);
      cancel();
    },
    async open() {
      // What was refused once is not asked again, whatever the program tries.
      if (refusal !== undefined) throw refusal;
      if (answers >= mostAnswers)
        throw new FailureError(toFailure("budget_exceeded", "This turn has its answer already."));
      if (calls > 0) {
        const refused = await bill.extend(bill.estimate.outputTokens);
        if (refused !== undefined) throw refuse(refused);
      }
      calls += 1;
      const end = open.begin();
      let isSettled = false;
      return {
        inputTokens: bill.estimate.inputTokens,
        outputTokens: bill.estimate.outputTokens,
        async extend(outputTokens) {
          const refused = await bill.extend(outputTokens);
          return refused === undefined ? undefined : refuse(refused);
        },
        async settle(settlement: Settlement) {
          if (isSettled) return;
          isSettled = true;
          if (settlement.outcome === "completed" || settlement.outcome === "cut") answers += 1;
          tokens = addTokens(tokens, settlement.tokens);
          model = settlement.model ?? model;
          failure = settlement.failure;
          end();
        },
      };
    },
  };
}

function addTokens(
  sum: TokenUsage & { readonly cacheWrite1hTokens: number },
  more: Settlement["tokens"],
): TokenUsage & { readonly cacheWrite1hTokens: number } {
  return {
    inputTokens: sum.inputTokens + more.inputTokens,
    cacheReadTokens: sum.cacheReadTokens + more.cacheReadTokens,
    cacheWriteTokens: sum.cacheWriteTokens + more.cacheWriteTokens,
    outputTokens: sum.outputTokens + more.outputTokens,
    cacheWrite1hTokens: sum.cacheWrite1hTokens + (more.cacheWrite1hTokens ?? 0),
  };
}
