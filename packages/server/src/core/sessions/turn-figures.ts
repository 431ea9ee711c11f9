import type { SessionRecord } from "../ports/session-store.ts";
import type { SessionCommand } from "./session-machine.ts";
import type { SessionTally } from "./session-state.ts";
import type { TurnOutcome } from "./turn-recorder.ts";

/** What a turn came to. `cost` is what was paid for it here; without one the program's own figure counts. */
export function toTally({ usage, costMicros = 0 }: TurnOutcome, cost = costMicros): Partial<SessionTally> {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  return { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costMicros: cost };
}

/** A budget has no more. `budget`: what the session had when the turn began, which may have been raised since. */
export function toPause(
  record: SessionRecord,
  { budget, kept, usage }: { budget: SessionRecord["body"]["budget"]; kept: boolean; usage: Partial<SessionTally> },
): SessionCommand {
  const raised = record.body.budget?.max_list_cost.amount !== budget?.max_list_cost.amount;
  return { type: "pause", kept, usage, snapshot: toUsageSnapshot(record, usage), raised };
}

/** The session's figures with those of the turn that has just ended, as the wire tells them. */
function toUsageSnapshot({ state, body }: SessionRecord, more: Partial<SessionTally>): object {
  const { usage } = state;
  return {
    usage: {
      input_tokens: usage.inputTokens + (more.inputTokens ?? 0),
      output_tokens: usage.outputTokens + (more.outputTokens ?? 0),
      cache_read_input_tokens: usage.cacheReadTokens + (more.cacheReadTokens ?? 0),
      list_cost: { amount: String(Math.ceil((usage.costMicros + (more.costMicros ?? 0)) / 10_000)), currency: "USD" },
    },
    budget: body.budget,
  };
}
