import type { DatabaseSync } from "node:sqlite";
import * as ledger from "../../../core/budgets/ledger-operations.ts";
import type { LedgerTables } from "../../../core/budgets/ledger-tables.ts";
import { createBudgetTables } from "./budget-tables.ts";
import { createRecordTables } from "./record-tables.ts";
import { createReservationTables } from "./reservation-tables.ts";
import { createSessionCalls } from "./session-calls.ts";
import { createStatementCache } from "./statement-cache.ts";
import type { StoreCalls } from "./store-calls.ts";
import type { TableCopies } from "./table-copies.ts";

/** All calls, to be run inside a transaction that ends with `flush`. */
export function createLedgerCalls(db: DatabaseSync): { readonly calls: StoreCalls } & TableCopies {
  const budgets = createBudgetTables(db);
  const reservations = createReservationTables(db);
  const records = createRecordTables(db);
  const all: readonly TableCopies[] = [budgets, reservations, records];
  const runStatement = createStatementCache(db);
  const tables: LedgerTables = {
    ...budgets,
    ...reservations,
    ...records,
    appendAudit: (entry) => void records.append(entry),
  };
  const flush = (): void => {
    for (const copies of all) copies.flush();
  };

  const query: StoreCalls["query"] = (sql, parameters) => {
    // The statement sees what calls before it in the same batch did.
    flush();
    const answer = runStatement(sql, parameters);
    if (!/^\s*select\b/i.test(sql)) budgets.forget();
    return answer;
  };

  return {
    calls: {
      ...createSessionCalls(db),
      reserve: (request) => ledger.reserve(tables, request),
      extend: (requestId, more, now) => ledger.extend(tables, requestId, more, now),
      settle: (requestId, spent, usage, audit) => ledger.settle(tables, requestId, spent, usage, audit),
      record: (usage, audit) => ledger.record(tables, usage, audit),
      renew: reservations.renew,
      expire(now) {
        const expired = reservations.readExpired(now);
        for (const reservation of expired) ledger.expire(tables, reservation, now);
        return expired.length;
      },
      append: records.append,
      query,
      change(sql, parameters, entry) {
        const answer = query(sql, parameters);
        const changed = answer.rows.length > 0 || (answer.changes ?? 0) > 0;
        if (changed) records.append(entry);
        return { ...answer, changed };
      },
      // The number is for the application to use; setting it writes a page, even to the same value.
      touch: () => db.exec("pragma user_version = 1"),
    },
    flush,
    forget() {
      for (const copies of all) copies.forget();
    },
  };
}
