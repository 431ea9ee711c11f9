import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { QueryAnswer, SqlValue } from "./store-calls.ts";

/** More than the different statements there are; lists of ids of different lengths make more. */
const mostStatements = 200;

/** Runs statements by their text and keeps the ones used last prepared. */
export function createStatementCache(db: DatabaseSync): (sql: string, parameters: readonly SqlValue[]) => QueryAnswer {
  const statements = new Map<string, { readonly statement: StatementSync; readonly givesRows: boolean }>();

  const prepare = (sql: string) => {
    const known = statements.get(sql);
    statements.delete(sql);
    const statement = known?.statement ?? db.prepare(sql);
    const prepared = known ?? { statement, givesRows: statement.columns().length > 0 };
    statements.set(sql, prepared);
    const [oldest] = statements.keys();
    if (statements.size > mostStatements && oldest !== undefined) statements.delete(oldest);
    return prepared;
  };

  return (sql, parameters) => {
    const { statement, givesRows } = prepare(sql);
    if (givesRows) return { rows: statement.all(...parameters) };
    return { rows: [], changes: Number(statement.run(...parameters).changes) };
  };
}
