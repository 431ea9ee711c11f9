import assert from "node:assert/strict";
import type { BudgetState, BudgetWindow } from "@gantry/contracts/budgets";
import type { UsageRow } from "@gantry/contracts/usage";
import { findWindow } from "../../../../core/budgets/budget-window.ts";
import type { ReserveRequest } from "../../../../core/ports/ledger.ts";
import type { Store } from "../../../../core/ports/store.ts";
import { noon, readPages } from "./samples.ts";

/** What a client knows of its request from the answers it got. */
export interface Known {
  readonly request: ReserveRequest;
  /** When it was reserved first; undefined before. */
  reservedAt: number | undefined;
  /** At least this much is reserved. */
  amount: number;
  /** How many settlements said that they booked. */
  booked: number;
}

export interface ModelBudget {
  readonly id: string;
  readonly window: BudgetWindow;
  readonly limit: number;
  readonly unit: "micros" | "tokens";
  readonly covers: (row: UsageRow) => boolean;
}

/**
 * What is spent is the sum of the ledger, window by window, and what is spent and reserved is within the limit but for what was settled
 * after its lease had run out, which nothing was reserved for any more. Gives the budgets as they stood at each of the times.
 */
export async function checkBudgets(
  store: Store,
  run: string,
  budgets: readonly ModelBudget[],
  known: readonly Known[],
  times: readonly number[],
): Promise<readonly BudgetState[]> {
  const rows = await readRows(store, run);
  for (const { request, booked } of known) {
    assert.ok(booked <= 1, `${request.requestId} was booked ${booked} times`);
    if (booked === 1) assert.equal(rows.find(({ id }) => id === request.requestId)?.outcome, "completed");
  }
  const bookings = toBookings(rows, known, await readExpired(store));
  const states: BudgetState[] = [];
  for (const at of times) {
    for (const budget of budgets) {
      const state = await store.control.getBudget(budget.id, at);
      assert.ok(state !== undefined);
      checkState(state, budget, bookings, at);
      states.push(state);
    }
  }
  return states;
}

function checkState(state: BudgetState, budget: ModelBudget, bookings: readonly Booking[], at: number): void {
  const { start } = findWindow(budget.window, at);
  const booked = bookings.filter(
    ({ row, at: time }) => budget.covers(row) && findWindow(budget.window, time).start === start,
  );
  const sum = (some: readonly Booking[]): number =>
    some.reduce(
      (total, { row }) => total + (budget.unit === "micros" ? (row.costMicros ?? 0) : row.tokens.outputTokens),
      0,
    );
  const late = sum(booked.filter((booking) => booking.late));
  assert.equal(state.spent, sum(booked), `spent of ${budget.id} at ${at}`);
  assert.ok(state.reserved >= 0, `reserved of ${budget.id} is ${state.reserved}`);
  const total = state.spent + state.reserved;
  assert.ok(total <= budget.limit + late, `${budget.id} holds ${total}, of which ${late} came late`);
}

/** A usage row with the time whose windows it is booked in. */
interface Booking {
  readonly row: UsageRow;
  readonly at: number;
  readonly late: boolean;
}

function toBookings(
  rows: readonly UsageRow[],
  known: readonly Known[],
  expired: ReadonlySet<string>,
): readonly Booking[] {
  return rows
    .filter(({ outcome }) => outcome !== "lost")
    .map((row) => {
      const late = expired.has(row.id);
      const reservedAt = known.find(({ request }) => request.requestId === row.id)?.reservedAt;
      return { row, late, at: late ? row.at : (reservedAt ?? row.at) };
    });
}

async function readRows(store: Store, run: string): Promise<readonly UsageRow[]> {
  const projects = [0, 1].map((project) => `prj_${run}_${project}`);
  const filters = projects.map((projectId) => ({ projectId, from: 0, to: noon * 2 }));
  const lists = filters.map((filter) => readPages(1000, (page) => store.usage.list(filter, page)));
  return (await Promise.all(lists)).flat();
}

async function readExpired(store: Store): Promise<ReadonlySet<string>> {
  const rows = await store.audit.read({ action: "reservation.expired" }, 0, 100_000);
  return new Set(rows.map(({ target }) => target.replace("request:", "")));
}
