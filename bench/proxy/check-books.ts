import { isDeepStrictEqual } from "node:util";
import type { AdminClient } from "./admin-client.ts";
import type { Tenant } from "./create-tenant.ts";

/** What Gantry has booked for the tenant of the benchmark. */
export interface Books {
  /** Requests by how they ended. */
  readonly requests: Readonly<Record<string, number>>;
  /** Of both budgets, in micro-dollars; what one has is what the other has. */
  readonly spentMicros: readonly number[];
  readonly reservedMicros: readonly number[];
  /** Sum of the usage rows. */
  readonly costMicros: number;
}

interface Sum {
  readonly group: string;
  readonly requests: number;
  readonly costMicros: number;
}

export async function readBooks(admin: AdminClient, { keyId, budgetIds }: Tenant): Promise<Books> {
  const budgets = await Promise.all(
    budgetIds.map((id) => admin.ask<{ readonly spent: number; readonly reserved: number }>("GET", `budgets/${id}`)),
  );
  const { data } = await admin.ask<{ readonly data: readonly Sum[] }>("GET", `usage?by=outcome&key_id=${keyId}`);
  return {
    requests: Object.fromEntries(data.map(({ group, requests }) => [group, requests])),
    spentMicros: budgets.map(({ spent }) => spent),
    reservedMicros: budgets.map(({ reserved }) => reserved),
    costMicros: data.reduce((sum, { costMicros }) => sum + costMicros, 0),
  };
}

/** The server counts otherwise than the clients. */
export class WrongBooksError extends Error {
  override readonly name = "WrongBooksError";
}

/**
 * Throws a {@link WrongBooksError} where between two readings not exactly so many requests were booked by how they
 * ended, each at its cost, or where anything is still set aside.
 */
export function checkBooks(before: Books, after: Books, ended: Readonly<Record<string, number>>, micros: number): void {
  const found = {
    requests: toDifference(before.requests, after.requests),
    spentMicros: after.spentMicros.map((spent, index) => spent - (before.spentMicros[index] ?? 0)),
    costMicros: after.costMicros - before.costMicros,
    reservedMicros: after.reservedMicros,
  };
  const expected = { requests: ended, spentMicros: [micros, micros], costMicros: micros, reservedMicros: [0, 0] };
  if (isDeepStrictEqual(found, expected)) return;
  throw new WrongBooksError(`The books say ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}.`);
}

function toDifference(before: Books["requests"], after: Books["requests"]): Books["requests"] {
  const differences = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(differences.filter(([, count]) => count !== 0));
}
