import type { Slot } from "./slot.ts";

export interface RetirementRules {
  /** Idle processes beyond the floor are ended after this. */
  readonly idleMs: number;
  /** Started processes that wait for whoever comes: so many are kept, however long they wait. */
  readonly minReady: number;
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

/** Idle processes that have had their time; the last `minReady` spares have no end of it. */
export function findExpired(slots: readonly Slot[], rules: RetirementRules, now: number): Slot[] {
  const used = slots.filter((slot) => slot.state === "clean" || slot.state === "holding");
  const spares = slots.filter((slot) => slot.state === "spare");
  const surplus = spares.slice(0, Math.max(0, spares.length - rules.minReady));
  return [...used, ...surplus].filter((slot) => now - slot.idleSince >= rules.idleMs);
}
