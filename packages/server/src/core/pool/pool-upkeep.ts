import type { Clock } from "../ports/clock.ts";
import { longestIdle } from "./choose-process.ts";
import type { CleanDemand, CleanWish } from "./clean-demand.ts";
import type { PoolLimits } from "./pool-limits.ts";
import { findExpired } from "./retirement.ts";
import { isArriving, sameBinding, type Slot } from "./slot.ts";
import type { SlotBoard } from "./slot-board.ts";

interface UpkeepParts {
  readonly board: SlotBoard;
  readonly demand: CleanDemand;
  readonly clock: Clock;
  readonly limits: PoolLimits;
  /** When the turns began whose model has not answered yet. */
  readonly beginnings: () => Iterable<number>;
  onChange(): void;
}

export interface PoolUpkeep {
  /** Does what the present state asks for; `waiting` requests come before anything that is made in advance. */
  run(waiting: number): void;
  stop(): void;
}

/** A held conversation that was used so recently is worth a new process rather than a clear. */
const youngMs = 60_000;
const longestBackoffMs = 30_000;
/** What was not used for so long is not in turn: taking it for a spare does not cost the next request its conversation. */
const restingMs = 10_000;
/** Where there is less room than this for each spare, what is held is worth more. */
const roomPerSpare = 4;
/**
 * What is made in advance takes the processor from the turns that are under way. So a turn that has just begun has it to
 * itself until its model answers, or for this long; but nothing is put off for ever.
 */
const graceMs = 40;
const longestPutOffMs = 250;

/** Keeps the pool warm in the background: spares, clean processes where they are wanted, the end of idle ones. */
export function createPoolUpkeep(parts: UpkeepParts): PoolUpkeep {
  const { board, demand, clock, limits, onChange } = parts;
  let putOffSince: number | undefined;
  let cancel: () => void = () => {};
  let stopped = false;

  const countSpares = (): number => board.slots.filter((slot) => slot.state === "spare").length;
  const countArriving = (): number => board.slots.filter(isArriving).length;
  const hasRoom = (): boolean => board.slots.length < limits.maxProcesses;

  /** After failed starts nothing is started in advance for a while, longer each time. */
  function backsOff(now: number): boolean {
    const pause = Math.min(longestBackoffMs, 500 * 2 ** board.failures);
    return board.failingSince !== undefined && now - board.failingSince < pause;
  }

  /** In a full house what was idle longest makes room, so that somebody new does not have to wait for a start. */
  function keepSpares(now: number): void {
    for (let count = countSpares() + countArriving(); count < limits.minReady; count += 1) {
      if (!hasRoom()) {
        const oldest = longestIdle(board.slots.filter((slot) => slot.state !== "spare"));
        const isResting = oldest !== undefined && now - oldest.idleSince >= restingMs;
        if (!isResting || limits.maxProcesses < roomPerSpare * limits.minReady) return;
        board.close(oldest);
      }
      board.start();
    }
  }

  function keepClean({ binding, count, continues }: CleanWish, now: number): void {
    const own = board.slots.filter((slot) => sameBinding(slot.binding, binding));
    let clean = own.filter((slot) => slot.state === "clean").length + own.filter(isBeingEmptied).length;
    const holding = own.filter((slot) => slot.state === "holding");
    while (clean < count) {
      const oldest = longestIdle(holding);
      const mayGrow = oldest === undefined || now - oldest.idleSince < youngMs;
      const spare = board.slots.find((slot) => slot.state === "spare");
      if (mayGrow && spare !== undefined && (hasRoom() || countSpares() > limits.minReady))
        board.prepare(spare, binding);
      else if (mayGrow && hasRoom() && countArriving() > 0) return;
      else if (mayGrow && hasRoom()) return board.start();
      else if (oldest !== undefined && !(mayGrow && continues)) return clearOldest(holding, count - clean);
      else return;
      clean += 1;
    }
  }

  /**
   * A clear takes the processor from the turns beside it. So several are made at once, and then none for as many turns:
   * what is wanted, and half of what is left besides, since nothing of it is going on.
   */
  function clearOldest(holding: readonly Slot[], wanted: number): void {
    const oldestFirst = holding.toSorted((left, right) => left.idleSince - right.idleSince);
    const surplus = Math.floor((holding.length - wanted) / 2);
    for (const slot of oldestFirst.slice(0, wanted + Math.max(0, surplus))) board.clear(slot);
  }

  function putsOff(now: number): boolean {
    const isBeginning = [...parts.beginnings()].some((begunAt) => now - begunAt < graceMs);
    if (isBeginning && now - (putOffSince ?? now) < longestPutOffMs) {
      putOffSince ??= now;
      return true;
    }
    putOffSince = undefined;
    return false;
  }

  return {
    run(waiting) {
      if (stopped) return;
      const now = clock.now();
      if (putsOff(now)) {
        cancel();
        cancel = clock.after(graceMs, onChange);
        return;
      }
      for (const slot of findExpired(board.slots, limits, now)) board.close(slot);
      if (waiting === 0 && !backsOff(now)) {
        keepSpares(now);
        for (const wish of demand.wanted(now)) keepClean(wish, now);
      }
      cancel();
      cancel = clock.after(Math.min(limits.idleMs, limits.waitMs, 5000), onChange);
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}

// A process without a lease that is at work is on its way to being clean.
function isBeingEmptied(slot: Slot): boolean {
  return slot.state === "working" && !slot.lent;
}
