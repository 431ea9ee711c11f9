import { isWaiting, type Slot } from "./slot.ts";

export interface RetirementRules {
  /** Idle processes beyond the floor are ended after this. */
  readonly idleMs: number;
  /** One that waits for the results of a client's tools is ended after this. */
  readonly waitMs: number;
  /** So many may wait for such results; beyond it those that wait longest are ended. */
  readonly mostWaits: number;
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
  const waits = slots.filter(isWaiting).toSorted((left, right) => left.idleSince - right.idleSince);
  const tooMany = waits.length - rules.mostWaits;
  const expired = waits.filter((slot, index) => index < tooMany || now - slot.idleSince >= rules.waitMs);
  const used = slots.filter((slot) => slot.state === "clean" || (slot.state === "holding" && !isWaiting(slot)));
  const spares = slots.filter((slot) => slot.state === "spare");
  const surplus = spares.slice(0, Math.max(0, spares.length - rules.minReady));
  return [...expired, ...[...used, ...surplus].filter((slot) => now - slot.idleSince >= rules.idleMs)];
}
