import type { Reservation } from "../../../core/budgets/ledger-tables.ts";
import type { Database } from "../shared/schema.ts";
import type { LoadedRows } from "./ledger-statements.ts";
import type { BookedWindow } from "./loaded-tables.ts";

/** The lease is what its column says: renewing changes that alone. */
export function toReservation(row: LoadedRows["reservations"][number]): Reservation {
  const stored = JSON.parse(row.body) as Reservation; // Written by toReservationRecord.
  return { ...stored, request: { ...stored.request, leaseUntil: row.lease_until } };
}

/** The statement that loads a batch looks into the body too, for the windows of the parts. */
export function toReservationRecord(reservation: Reservation): Database["reservations"] {
  const { request } = reservation;
  return {
    request_id: request.requestId,
    node_id: request.nodeId,
    project_id: request.projectId,
    key_id: request.keyId,
    lease_until: request.leaseUntil,
    body: JSON.stringify(reservation),
  };
}

export function toWindowRecord(window: BookedWindow): Database["budget_windows"] {
  return { budget_id: window.budgetId, window_start: window.start, spent: window.spent, reserved: window.reserved };
}
