import { FailureError, toFailure } from "@gantry/contracts/errors";
import pg from "pg";

/**
 * SQLSTATE classes and codes that say nothing about the request, but that the server cannot serve at present:
 * connections (08), resources (53), a shutdown or cancellation (57), faults of the system (58); a standby (25006), a
 * time limit on transactions (25P03) or locks (55P03), and two transactions in each other's way once repeating has not
 * helped (40001, 40P01).
 */
const unavailable = /^(08...|53...|57...|58...|25006|25P03|55P03|40001|40P01)$/;
const collision = /^(40001|40P01)$/;
/** What the driver says of lost connections, in errors that bear no code. */
const lostConnection = /^(Connection terminated|timeout e|Query read timeout|Client (has|was) |Cannot use a pool)/;

/**
 * Turns what means that the database is out of reach into a `FailureError` of code `store_unavailable`; the rest stays.
 */
export function toStoreFailure(error: unknown): unknown {
  if (error instanceof FailureError || !isUnavailable(error)) return error;
  return new FailureError(toFailure("store_unavailable"), { cause: error });
}

/** Whether two transactions got in each other's way, so that the same one may pass when it is repeated. */
export function isCollision(error: unknown): boolean {
  return error instanceof pg.DatabaseError && collision.test(error.code ?? "");
}

/** Whether the server refused what it was given, such as a text with a NUL in it. */
export function isRefusal(error: unknown): boolean {
  return error instanceof pg.DatabaseError && !isUnavailable(error);
}

function isUnavailable(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return unavailable.test(error.code ?? "");
  if (!(error instanceof Error)) return false;
  // Node's system errors: refused, reset, no such socket, no such host.
  return "syscall" in error || error instanceof AggregateError || lostConnection.test(error.message);
}
