import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import pg from "pg";
import { startLocalPostgres } from "./local-postgres.ts";

/** A PostgreSQL server for tests and measurements, with fsync and synchronous commit on. */
export interface Postgres {
  /** Makes an empty database and resolves with its URL. */
  createDatabase(): Promise<string>;
  /** Ends the server as a power cut would. Only of a server that was started here. */
  kill9(): Promise<void>;
  /** Starts it again on the same data and address. */
  restart(): Promise<void>;
  /**
   * Shuts the server down and removes its files; of a server that was named, only drops what was made. May be called
   * twice.
   */
  stop(): Promise<void>;
}

const variable = "GANTRY_TEST_DATABASE_URL";

/**
 * Starts a server of its own, which ends with this process however that ends, or uses the one that
 * `GANTRY_TEST_DATABASE_URL` names (its user must be allowed to create databases).
 */
export async function startPostgres(): Promise<Postgres> {
  const named = process.env[variable];
  if (named !== undefined && named !== "") return useNamedServer(named);
  const server = await startLocalPostgres();
  return { ...server, createDatabase: () => createDatabase(server.url) };
}

/** Whether the server can be killed and started again, which only one of our own can. */
export function isLocalPostgres(): boolean {
  return (process.env[variable] ?? "") === "";
}

/** Runs one statement on a connection of its own. */
export async function runStatement(
  url: string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement, [...values])).rows;
  } finally {
    await client.end();
  }
}

function useNamedServer(url: string): Postgres {
  const made = new Set<string>();
  const cannot = () => assert.fail(`the server of ${variable} is not ours to end`);
  return {
    async createDatabase() {
      const database = await createDatabase(url);
      made.add(database);
      return database;
    },
    kill9: cannot,
    restart: cannot,
    async stop() {
      for (const database of made) {
        await runStatement(url, `drop database if exists "${new URL(database).pathname.slice(1)}" with (force)`);
        made.delete(database);
      }
    },
  };
}

async function createDatabase(serverUrl: string): Promise<string> {
  const name = `gantry_${randomBytes(6).toString("hex")}`;
  await runStatement(serverUrl, `create database "${name}"`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
