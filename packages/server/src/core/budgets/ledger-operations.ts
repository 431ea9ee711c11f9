import type { AuditEntry } from "@gantry/contracts/audit";
import type { Budget, BudgetState } from "@gantry/contracts/budgets";
import { noUsage } from "@gantry/contracts/completion";
import type { UsageRow } from "@gantry/contracts/usage";
import type { Amounts, ReserveOutcome, ReserveRequest } from "../ports/ledger.ts";
import { findWindow } from "./budget-window.ts";
import type { LedgerTables, Reservation, WindowSums } from "./ledger-tables.ts";

/**
 * The rules of the ledger, pure: each function is one step on the tables of one transaction. Both stores run these very
 * functions, so what they decide cannot differ.
 */

/**
 * Reserves in every budget that applies, or in none. Throws a `RangeError` for figures that are not whole or negative,
 * as all here do.
 */
export function reserve(tables: LedgerTables, request: ReserveRequest): ReserveOutcome {
  requireWhole(request.amounts);
  if (tables.usageOutcome(request.requestId) !== undefined) return { kind: "settled" };
  if (tables.reservation(request.requestId) !== undefined) return { kind: "reserved" };
  const open = tables.openReservations(request.keyId);
  if (request.concurrent !== undefined && open >= request.concurrent) return { kind: "too_many_open", open };

  const budgets = tables.budgetsOf(request.projectId, request.keyId, request.runId);
  const least = request.mayUseRest === true ? { micros: 1, tokens: 1 } : request.amounts;
  const refusing = findRefusing(tables, budgets, least, request.now);
  if (refusing !== undefined) return { kind: "over_budget", budget: refusing };

  const parts = budgets.map((budget) => {
    const { start } = findWindow(budget.window, request.now);
    const amount = toUnit(budget, request.amounts);
    changeWindow(tables, budget.id, start, { spent: 0, reserved: amount });
    return { budgetId: budget.id, windowStart: start, amount };
  });
  tables.putReservation({ request, amounts: request.amounts, parts });
  return { kind: "reserved" };
}

/** Adds to an open reservation in the windows it was made in, or leaves it as it was. */
export function extend(tables: LedgerTables, requestId: string, more: Amounts, now: number): ReserveOutcome {
  requireWhole(more);
  const reservation = tables.reservation(requestId);
  if (reservation === undefined) return { kind: tables.usageOutcome(requestId) === undefined ? "unknown" : "settled" };
  for (const { budgetId, windowStart } of reservation.parts) {
    const budget = tables.budget(budgetId);
    // A budget that was deleted meanwhile refuses nothing.
    if (budget === undefined) continue;
    const state = toState(budget, tables.window(budgetId, windowStart), now, windowStart);
    if (isOver(state, toUnit(budget, more))) return { kind: "over_budget", budget: state };
  }
  const parts = reservation.parts.map((part) => {
    const budget = tables.budget(part.budgetId);
    const amount = budget === undefined ? 0 : toUnit(budget, more);
    changeWindow(tables, part.budgetId, part.windowStart, { spent: 0, reserved: amount });
    return { ...part, amount: part.amount + amount };
  });
  tables.putReservation({ ...reservation, amounts: addAmounts(reservation.amounts, more), parts });
  return { kind: "reserved" };
}

/**
 * Books the real figures. A reservation that ran out meanwhile saves nobody from paying: the figures are booked in the
 * windows of the end, and the row that said `lost` is replaced. False where the request was billed before.
 */
export function settle(
  tables: LedgerTables,
  requestId: string,
  spent: Amounts,
  usage: UsageRow,
  audit: AuditEntry,
): boolean {
  requireWhole(spent);
  requireWholeUsage(usage);
  const reservation = tables.reservation(requestId);
  if (reservation !== undefined) {
    release(tables, reservation, spent);
  } else {
    const outcome = tables.usageOutcome(requestId);
    if (outcome !== undefined && outcome !== "lost") return false;
    for (const budget of tables.budgetsOf(usage.projectId, usage.keyId, usage.runId)) {
      const { start } = findWindow(budget.window, usage.at);
      changeWindow(tables, budget.id, start, { spent: toUnit(budget, spent), reserved: 0 });
    }
  }
  tables.putUsage(usage);
  tables.appendAudit(audit);
  return true;
}

/** Writes a usage row that nothing was reserved for and that costs nothing. */
export function record(tables: LedgerTables, usage: UsageRow, audit: AuditEntry): boolean {
  requireWholeUsage(usage);
  if (tables.usageOutcome(usage.id) !== undefined || tables.reservation(usage.id) !== undefined) return false;
  tables.putUsage(usage);
  tables.appendAudit(audit);
  return true;
}

/** Ends a reservation whose node is gone. What it spent nobody knows: nothing is booked, and the row says `lost`. */
export function expire(tables: LedgerTables, reservation: Reservation, now: number): void {
  const { request } = reservation;
  release(tables, reservation, { micros: 0, tokens: 0 });
  tables.putUsage({
    id: request.requestId,
    at: now,
    projectId: request.projectId,
    keyId: request.keyId,
    runId: request.runId,
    model: request.model,
    driver: request.driver,
    tokens: noUsage,
    costMicros: null,
    latencyMs: Math.max(0, now - request.now),
    firstTokenMs: null,
    outcome: "lost",
    profile: request.profile,
  });
  tables.appendAudit({
    at: now,
    actor: "system",
    action: "reservation.expired",
    target: `request:${request.requestId}`,
    projectId: request.projectId,
    address: null,
    policy: request.profile,
    result: "failed",
    detail: `node ${request.nodeId}`,
    payloadDigest: null,
  });
}

/** A budget with its figures in one window. */
export function toState(budget: Budget, sums: WindowSums, now: number, windowStart?: number): BudgetState {
  const bounds = findWindow(budget.window, windowStart ?? now);
  const raise = budget.raise !== null && budget.raise.until > now ? budget.raise.amount : 0;
  return { ...budget, ...sums, effectiveLimit: budget.limit + raise, resetsAt: bounds.end };
}

function findRefusing(
  tables: LedgerTables,
  budgets: readonly Budget[],
  amounts: Amounts,
  now: number,
): BudgetState | undefined {
  return budgets
    .map((budget) => toState(budget, tables.window(budget.id, findWindow(budget.window, now).start), now))
    .find((state) => isOver(state, toUnit(state, amounts)));
}

function isOver(state: BudgetState, amount: number): boolean {
  return !state.shadow && state.spent + state.reserved + amount > state.effectiveLimit;
}

function release(tables: LedgerTables, reservation: Reservation, spent: Amounts): void {
  for (const { budgetId, windowStart, amount } of reservation.parts) {
    const budget = tables.budget(budgetId);
    // The sums of a budget that was deleted meanwhile went with it.
    if (budget === undefined) continue;
    changeWindow(tables, budgetId, windowStart, { spent: toUnit(budget, spent), reserved: -amount });
  }
  tables.removeReservation(reservation.request.requestId);
}

function changeWindow(tables: LedgerTables, budgetId: string, start: number, change: WindowSums): void {
  if (change.spent === 0 && change.reserved === 0) return;
  const before = tables.window(budgetId, start);
  tables.putWindow(budgetId, start, {
    spent: before.spent + change.spent,
    reserved: before.reserved + change.reserved,
  });
}

function requireWholeUsage({ tokens, costMicros }: UsageRow): void {
  requireWhole({ ...tokens, costMicros: costMicros ?? 0 });
}

/** A fraction or a NaN would make sums that never fit again, so that a budget would hold nothing. */
function requireWhole(figures: object): void {
  const wrong = Object.entries(figures).find(([, value]) => !Number.isSafeInteger(value) || value < 0);
  if (wrong !== undefined) throw new RangeError(`Expected ${wrong[0]} as a whole number from 0 on, got ${wrong[1]}.`);
}

function toUnit({ unit }: Pick<Budget, "unit">, amounts: Amounts): number {
  return unit === "micros" ? amounts.micros : amounts.tokens;
}

function addAmounts(left: Amounts, right: Amounts): Amounts {
  return { micros: left.micros + right.micros, tokens: left.tokens + right.tokens };
}
