import pg from "pg";
import type { OwningContestant } from "./pair-contestant.ts";
import { plainRow } from "./plain-sqlite.ts";

/**
 * What this disk allows PostgreSQL at all: one table, one row a pair, each in a transaction of its own on one of as
 * many connections as there are callers. PostgreSQL itself makes one sync of those that wait together.
 */
export async function createPlainPostgres(url: string, connections: number): Promise<OwningContestant> {
  const clients = Array.from({ length: connections }, () => new pg.Client({ connectionString: url }));
  const close = async (): Promise<void> => void (await Promise.allSettled(clients.map((client) => client.end())));
  try {
    await Promise.all(clients.map((client) => client.connect()));
    await clients[0]?.query("create table pairs (id bigint primary key, body text)");
  } catch (error) {
    await close();
    throw error;
  }
  const free = [...clients];
  const insert = { name: "insert_pair", text: "insert into pairs (id, body) values ($1, $2)" };
  let begun = 0;
  let written = 0;

  return {
    name: "postgres-plain",
    async runPair() {
      const client = free.pop();
      if (client === undefined) throw new Error("postgres-plain: more callers than connections");
      try {
        begun += 1;
        await client.query({ ...insert, values: [begun, plainRow] });
        written += 1;
      } finally {
        free.push(client);
      }
    },
    async check() {
      const [row] = (await clients[0]?.query<{ count: string }>("select count(*) from pairs"))?.rows ?? [];
      if (Number(row?.count) !== written)
        throw new Error(`postgres-plain: expected ${written} rows, found ${row?.count}`);
    },
    close,
  };
}
