import type { Clock } from "../ports/clock.ts";
import type { Ledger } from "../ports/ledger.ts";

/** Passes every call on and notes how long it took, whether it succeeded or not. */
export function createTimedLedger(
  ledger: Ledger,
  clock: Pick<Clock, "now">,
  note: (operation: keyof Ledger, ms: number) => void,
): Ledger {
  async function timed<Result>(operation: keyof Ledger, call: () => Promise<Result>): Promise<Result> {
    const startedAt = clock.now();
    try {
      return await call();
    } finally {
      note(operation, clock.now() - startedAt);
    }
  }

  return {
    reserve: (request) => timed("reserve", () => ledger.reserve(request)),
    extend: (requestId, more, now) => timed("extend", () => ledger.extend(requestId, more, now)),
    settle: (requestId, spent, usage, audit) => timed("settle", () => ledger.settle(requestId, spent, usage, audit)),
    record: (usage, audit) => timed("record", () => ledger.record(usage, audit)),
    renew: (nodeId, until) => timed("renew", () => ledger.renew(nodeId, until)),
    expire: (now) => timed("expire", () => ledger.expire(now)),
  };
}
