import type { Slot } from "./slot.ts";

export interface RetirementRules {
  /** Idle processes beyond the floor are ended after this. */
  readonly idleMs: number;
  /** A process is replaced after so many turns. */
  readonly maxTurns: number;
  /** A process is replaced when its tree holds more than this. */
  readonly maxMemoryBytes: number;
}

/** A process that is worn out is ended as soon as its turn is over. */
export function isWornOut(slot: Slot, rules: RetirementRules): boolean {
  const { agent } = slot;
  if (agent === undefined) return false;
  return agent.turns >= rules.maxTurns || (agent.turns % 16 === 0 && agent.memoryBytes() > rules.maxMemoryBytes);
}

/** Idle processes that have had their time. Spares are the floor: they have none. */
export function findExpired(slots: readonly Slot[], rules: RetirementRules, now: number): Slot[] {
  return slots.filter(
    (slot) => (slot.state === "clean" || slot.state === "holding") && now - slot.idleSince >= rules.idleMs,
  );
}
