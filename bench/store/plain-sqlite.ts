import { DatabaseSync } from "node:sqlite";
import type { OwningContestant } from "./pair-contestant.ts";

/** As long as what a pair leaves behind: a usage row and an audit row. */
export const plainRow = "x".repeat(700);

/**
 * What this disk allows SQLite at all: one table, one row a pair, one commit for all that wait, on this very thread.
 * The same settings as the store.
 */
export function createPlainSqlite(file: string): OwningContestant {
  const db = new DatabaseSync(file);
  db.exec(
    "pragma journal_mode = wal; pragma synchronous = full; create table pairs (id integer primary key, body text)",
  );
  const insert = db.prepare("insert into pairs (id, body) values (?, ?)");
  let waiting: (() => void)[] = [];
  let written = 0;

  function commit(): void {
    const committed = waiting;
    waiting = [];
    db.exec("begin immediate");
    for (const _ of committed) insert.run((written += 1), plainRow);
    db.exec("commit");
    for (const resolve of committed) resolve();
  }

  return {
    name: "sqlite-plain",
    runPair: () =>
      new Promise((resolve) => {
        if (waiting.length === 0) setImmediate(commit);
        waiting.push(resolve);
      }),
    async check() {
      const found = Number(db.prepare("select count(*) as count from pairs").get()?.["count"]);
      if (found !== written) throw new Error(`sqlite-plain: expected ${written} rows, found ${found}`);
    },
    async close() {
      db.close();
    },
  };
}
