import type { PostgresPool, PostgresPoolClient } from "kysely";
import pg from "pg";
import { toStoreFailure } from "./database-error.ts";

const connections = 10;

/** Connections for everything but the ledger and the rates. A lost one is replaced; the caller ends the pool. */
export function createRequestPool(settings: pg.ClientConfig): pg.Pool {
  const pool = new pg.Pool({ ...settings, max: connections });
  // The statement that needed it fails by itself; an `error` that nobody listens to would end the program.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/** Runs one statement on a connection that is held for it. */
export type RunStatement = (
  client: pg.PoolClient,
  text: string,
  values: readonly unknown[],
) => Promise<pg.QueryResult<pg.QueryResultRow>>;

const runPlainly: RunStatement = (client, text, values) => client.query(text, [...values]);

/**
 * The pool as the query builder takes it, with errors that say `store_unavailable` where the database is out of reach.
 */
export function toKyselyPool(pool: pg.Pool, run = runPlainly): PostgresPool {
  return {
    options: pool.options,
    // Whoever made the pool ends it: the query builder does so only where it has been used.
    end: async () => {},
    connect: () => failing(pool.connect().then((client) => toKyselyClient(client, run))),
  };
}

function toKyselyClient(client: pg.PoolClient, run: RunStatement): PostgresPoolClient {
  const query = (text: string, values: readonly unknown[]) => failing(run(client, text, values));
  // The other form of the call takes a cursor; it serves streamed results, which need a package that is not there.
  return { query: query as unknown as PostgresPoolClient["query"], release: (destroy) => client.release(destroy) };
}

async function failing<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw toStoreFailure(error);
  }
}
