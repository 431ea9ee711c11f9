import { FailureError } from "@gantry/contracts/errors";
import type { Log } from "../ports/log.ts";

/** Writes to the ledger what one request came to. Doing it twice is doing it once. */
export type Booking = () => Promise<void>;

/**
 * Does bookings that the store could not take again until it can. A server keeps the leases of its reservations alive,
 * so that one which nobody settles would hold back a part of its budgets for as long as the server runs.
 */
export interface LateBookings {
  /** Does a booking and rejects as it does; it is kept where the store is out of reach. */
  book(booking: Booking): Promise<void>;
  /** To be done with the next retry. */
  keep(booking: Booking): void;
  /** Does all that are kept; those that the store still cannot take stay. Never rejects. */
  retry(): Promise<void>;
}

/** An outage that leaves more behind has gone on for long; the oldest are given up to the next start. */
const mostKept = 10_000;

export function createLateBookings(log: Log): LateBookings {
  let kept: Booking[] = [];

  function keep(booking: Booking): void {
    kept.push(booking);
    if (kept.length <= mostKept) return;
    kept.shift();
    log.error({ kept: mostKept }, "a request could not be booked, and stays reserved until the next start");
  }

  return {
    async book(booking) {
      try {
        await booking();
      } catch (error) {
        if (isStoreAway(error)) keep(booking);
        throw error;
      }
    },
    keep,
    async retry() {
      const due = kept;
      kept = [];
      const results = await Promise.allSettled(due.map((booking) => booking()));
      const waiting = due.filter((_, index) => {
        const result = results[index];
        if (result?.status !== "rejected") return false;
        if (!isStoreAway(result.reason)) log.error({ err: result.reason }, "a request could not be booked");
        return isStoreAway(result.reason);
      });
      // What was kept meanwhile is younger.
      kept = [...waiting, ...kept];
      const done = due.length - waiting.length;
      if (done > 0) log.warn({ done }, "requests were booked late");
      if (kept.length > 0) log.warn({ waiting: kept.length }, "requests are still to be booked");
    },
  };
}

export function isStoreAway(error: unknown): boolean {
  return error instanceof FailureError && error.failure.code === "store_unavailable";
}
