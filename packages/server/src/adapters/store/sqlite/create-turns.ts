import type { Kysely } from "kysely";
import type { Database } from "../shared/schema.ts";
import type { RunAlone } from "../shared/job-queries.ts";

/** One after the other: this process holds the store alone, so nobody else's statements come between. */
export function createTurns(db: Kysely<Database>): RunAlone {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(() => work(db));
    last = turn.catch(() => undefined);
    return turn;
  };
}
