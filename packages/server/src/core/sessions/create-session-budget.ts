import type { SessionBudget } from "@gantry/contracts/session-events";
import type { SessionServiceParts } from "./session-service-parts.ts";

/** The row of the ledger that holds a session. `limit`: micro-dollars. */
export async function createSessionBudget(
  parts: Pick<SessionServiceParts, "control">,
  sessionId: string,
  budgetId: string,
  limit: number,
  now: number,
): Promise<void> {
  const bound = {
    subject: "run",
    subjectId: sessionId,
    unit: "micros",
    window: "lifetime",
    limit,
    shadow: false,
  } as const;
  await parts.control.createBudget(budgetId, bound, now);
}

/** Whole cents as the wire has them, in micro-dollars. */
export function toMicros({ max_list_cost: { amount } }: SessionBudget): number {
  return Number(amount) * 10_000;
}
