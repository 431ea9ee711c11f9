import type { Clock } from "../ports/clock.ts";
import { longestIdle } from "./choose-process.ts";
import type { CleanDemand } from "./clean-demand.ts";
import type { PoolLimits } from "./pool-limits.ts";
import { findExpired } from "./retirement.ts";
import { sameBinding, type Binding, type Slot } from "./slot.ts";
import type { SlotBoard } from "./slot-board.ts";

interface UpkeepParts {
  readonly board: SlotBoard;
  readonly demand: CleanDemand;
  readonly clock: Clock;
  readonly limits: PoolLimits;
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

/** Keeps the pool warm in the background: spares, clean processes where they are wanted, the end of idle ones. */
export function createPoolUpkeep({ board, demand, clock, limits, onChange }: UpkeepParts): PoolUpkeep {
  let cancel: () => void = () => {};
  let stopped = false;

  const countOf = (state: Slot["state"]): number => board.slots.filter((slot) => slot.state === state).length;
  const hasRoom = (): boolean => board.slots.length < limits.maxProcesses;

  /** After failed starts nothing is started in advance for a while, longer each time. */
  function backsOff(now: number): boolean {
    const pause = Math.min(longestBackoffMs, 500 * 2 ** board.failures);
    return board.failingSince !== undefined && now - board.failingSince < pause;
  }

  function keepSpares(): void {
    for (let count = countOf("spare") + countOf("starting"); count < limits.minReady && hasRoom(); count += 1) board.start();
  }

  function keepClean(binding: Binding, wanted: number, now: number): void {
    const own = board.slots.filter((slot) => sameBinding(slot.binding, binding));
    let clean = own.filter((slot) => slot.state === "clean").length + own.filter(isBeingEmptied).length;
    const holding = own.filter((slot) => slot.state === "holding");
    while (clean < wanted) {
      const oldest = longestIdle(holding);
      const mayGrow = oldest === undefined || now - oldest.idleSince < youngMs;
      const spare = board.slots.find((slot) => slot.state === "spare");
      if (mayGrow && spare !== undefined && (hasRoom() || countOf("spare") > limits.minReady)) board.prepare(spare, binding);
      else if (mayGrow && hasRoom() && countOf("starting") > 0) return;
      else if (mayGrow && hasRoom()) return board.start();
      else if (oldest !== undefined) {
        holding.splice(holding.indexOf(oldest), 1);
        board.clear(oldest);
      } else return;
      clean += 1;
    }
  }

  return {
    run(waiting) {
      if (stopped) return;
      const now = clock.now();
      for (const slot of findExpired(board.slots, limits, now)) board.close(slot);
      if (waiting === 0 && !backsOff(now)) {
        keepSpares();
        for (const { binding, count } of demand.wanted(now)) keepClean(binding, count, now);
      }
      cancel();
      cancel = clock.after(Math.min(limits.idleMs, 5000), onChange);
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
