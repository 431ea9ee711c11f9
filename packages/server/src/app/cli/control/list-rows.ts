import type { Flag } from "../commands.ts";
import type { ActionCall } from "./action.ts";
import type { Query } from "./api-client.ts";
import { countFlag } from "./flag-values.ts";
import { FlagError } from "./flag-error.ts";
import { type Column, toTable } from "./table.ts";

const usualLimit = 100;

export const limitFlag: Flag = { name: "limit", value: "N", meaning: `Most rows to show; ${usualLimit} without it.` };

/** Reads a list and shows it as a table, or says that it is empty. */
export async function showRows<Row>(
  { api, flags, output }: ActionCall,
  path: string,
  query: Query,
  columns: readonly Column[],
  toCells: (row: Row) => readonly string[],
  cursor: "cursor" | "after" = "cursor",
): Promise<number> {
  const limit = countFlag(flags, "limit") ?? usualLimit;
  if (limit < 1) throw new FlagError("limit", "a whole number from 1", String(limit));
  const list = await api.list(path, query, limit, cursor);
  output.show(list, () => {
    // The server's own contract.
    const rows = list.data as readonly Row[];
    return rows.length === 0 ? "Nothing to show." : toTable(columns, rows.map(toCells));
  });
  if (list.next_cursor !== null) output.note("there are more rows; --limit N shows them");
  return 0;
}
