import { FailureError, toFailure } from "@gantry/contracts/errors";
import { sql, type Kysely, type RawBuilder } from "kysely";
import type { Page } from "../../../core/ports/control-store.ts";
import type { Database } from "./schema.ts";

/** The row after which a page begins: lists are ordered by time and, within a moment, by id, newest first. */
export interface Position {
  readonly at: number;
  readonly id: string;
}

/** The condition that keeps rows after a position. The columns are those the list is ordered by. */
export function isAfter(atColumn: string, idColumn: string, { at, id }: Position): RawBuilder<boolean> {
  return sql<boolean>`(${sql.ref(atColumn)}, ${sql.ref(idColumn)}) < (${at}, ${id})`;
}

/** Where the row of a cursor stands. A `FailureError` where there is none: an empty page would look like the end. */
export async function findPosition(
  db: Kysely<Database>,
  table:
    | "projects"
    | "api_keys"
    | "runs"
    | "budgets"
    | "usage"
    | "interactions"
    | "agents"
    | "environments"
    | "files"
    | "webhooks"
    | "webhook_deliveries"
    | "jobs"
    | "schedules",
  atColumn: "created_at" | "at",
  cursor: string,
): Promise<Position> {
  const query = sql<{ at: number }>`select ${sql.ref(atColumn)} as at from ${sql.table(table)} where id = ${cursor}`;
  return requirePosition(cursor, (await query.execute(db)).rows[0]);
}

export function requirePosition(cursor: string, row: { readonly at: number } | undefined): Position {
  if (row === undefined) throw unknownCursor();
  return { at: row.at, id: cursor };
}

export function unknownCursor(): FailureError {
  const message = "The cursor is not one that this list gave, or its row is gone; begin again without it.";
  return new FailureError(toFailure("invalid_request", message, { param: "cursor" }));
}

/** Makes a page of rows that were read with a limit of one more than asked for. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  toCursor: (row: Row) => string,
): Page<Item> {
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? toCursor(last) : null;
  return { items: kept.map(toItem), nextCursor };
}
