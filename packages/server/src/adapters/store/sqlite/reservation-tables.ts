import type { DatabaseSync } from "node:sqlite";
import type { LedgerTables, Reservation } from "../../../core/budgets/ledger-tables.ts";
import type { TableCopies } from "./table-copies.ts";

interface ReservationTables
  extends Pick<LedgerTables, "reservation" | "putReservation" | "removeReservation" | "openReservations">, TableCopies {
  /** Those whose lease is over. */
  readExpired(now: number): readonly Reservation[];
  renew(nodeId: string, until: number): void;
}

const mostCopies = 50_000;

/** Open reservations. One that comes and goes within a batch is never written. */
export function createReservationTables(db: DatabaseSync): ReservationTables {
  const select = db.prepare("select body from reservations where request_id = ?");
  const selectExpired = db.prepare("select body from reservations where lease_until <= ? order by lease_until");
  const count = db.prepare("select count(*) as open from reservations where key_id = ?");
  // The lease stays: it may have been renewed since the reservation was made.
  const write = db.prepare(
    "insert into reservations (request_id, node_id, project_id, key_id, lease_until, body) values (?, ?, ?, ?, ?, ?) " +
      "on conflict (request_id) do update set body = excluded.body",
  );
  const remove = db.prepare("delete from reservations where request_id = ?");
  const renew = db.prepare("update reservations set lease_until = ?1 where node_id = ?2 and lease_until < ?1");
  const open = new Map<string, Reservation>();
  const openOfKey = new Map<string, number>();
  const changed = new Map<string, Reservation | undefined>();

  const find = (requestId: string): Reservation | undefined => {
    const known = open.get(requestId);
    if (known !== undefined || changed.has(requestId)) return known;
    const row = select.get(requestId);
    return row && toReservation(row);
  };
  const countOpen = (keyId: string): number => {
    const known = openOfKey.get(keyId);
    if (known !== undefined) return known;
    flush();
    const found = Number(count.get(keyId)?.["open"]);
    openOfKey.set(keyId, found);
    return found;
  };
  const flush = (): void => {
    for (const [requestId, reservation] of changed) {
      if (reservation === undefined) remove.run(requestId);
      else writeOne(reservation);
    }
    changed.clear();
    for (const copies of [open, openOfKey]) if (copies.size > mostCopies) copies.clear();
  };
  const writeOne = (reservation: Reservation): void => {
    const { requestId, nodeId, projectId, keyId, leaseUntil } = reservation.request;
    write.run(requestId, nodeId, projectId, keyId, leaseUntil, JSON.stringify(reservation));
  };

  return {
    reservation: find,
    putReservation(reservation) {
      const { requestId, keyId } = reservation.request;
      const isNew = find(requestId) === undefined;
      openOfKey.set(keyId, countOpen(keyId) + Number(isNew));
      open.set(requestId, reservation);
      changed.set(requestId, reservation);
    },
    removeReservation(requestId) {
      const known = find(requestId);
      if (known === undefined) return;
      const { keyId } = known.request;
      openOfKey.set(keyId, countOpen(keyId) - 1);
      open.delete(requestId);
      changed.set(requestId, undefined);
    },
    openReservations: countOpen,
    readExpired(now) {
      flush();
      return selectExpired.all(now).map(toReservation);
    },
    renew(nodeId, until) {
      flush();
      renew.run(until, nodeId);
    },
    flush,
    forget() {
      for (const copies of [open, openOfKey, changed]) copies.clear();
    },
  };
}

/** The body is what `putReservation` was given. */
function toReservation(row: Record<string, unknown>): Reservation {
  return JSON.parse(String(row["body"])) as Reservation;
}
