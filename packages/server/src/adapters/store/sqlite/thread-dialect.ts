import {
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from "kysely";
import { type AuditedChange, takesEntry } from "../shared/audited-change.ts";
import type { QueryAnswer, SqlValue } from "./store-calls.ts";
import type { StoreThread } from "./store-thread.ts";

/**
 * Kysely on the store's thread, which runs each statement in the transaction of the batch it falls into. There are no transactions of more
 * than one statement: one that waits for the server would hold up all money. With `change`, the statement that takes its entry
 * is one call with it.
 */
export function createThreadDialect(thread: () => Promise<StoreThread>, change?: AuditedChange): Dialect {
  return {
    createAdapter: () => new ThreadAdapter(),
    createDriver: () => createThreadDriver(thread, change),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** Kysely would send one statement after the other; the thread takes many at once, and runs those that wait in one transaction. */
class ThreadAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

function createThreadDriver(thread: () => Promise<StoreThread>, change: AuditedChange | undefined): Driver {
  const connection = createConnection(thread, change);
  const refuseTransaction = (): Promise<never> =>
    Promise.reject(new Error("The embedded store has no transactions of more than one statement."));
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    init: nothing,
    acquireConnection: () => Promise.resolve(connection),
    beginTransaction: refuseTransaction,
    commitTransaction: refuseTransaction,
    rollbackTransaction: refuseTransaction,
    releaseConnection: nothing,
    destroy: nothing,
  };
}

function createConnection(thread: () => Promise<StoreThread>, change: AuditedChange | undefined): DatabaseConnection {
  const run = async (sql: string, parameters: readonly SqlValue[]): Promise<QueryAnswer> => {
    const target = await thread();
    if (change === undefined || !takesEntry(change, sql)) return await target.call("query", sql, parameters);
    const { changed, ...answer } = await target.call("change", sql, parameters, change.entry);
    change.recorded = changed;
    return answer;
  };

  return {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      // The queries of this store pass text, numbers and null only.
      const answer = await run(sql, parameters as readonly SqlValue[]);
      // Kysely derives the shape of a row from the query it made.
      const rows = answer.rows as Row[];
      return answer.changes === undefined ? { rows } : { rows, numAffectedRows: BigInt(answer.changes) };
    },
    streamQuery() {
      throw new Error("The embedded store gives no streams of rows.");
    },
  };
}
