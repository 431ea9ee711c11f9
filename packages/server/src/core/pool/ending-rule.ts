import type { Need } from "./choose-process.ts";
import { isIdle, sameBinding, type Binding, type Slot } from "./slot.ts";

/** A start takes as long as many short turns: a process that its own binding waits for stays so long at least. */
const tenureMs = 2_000;

/**
 * Makes the rule which idle processes may be ended for a request of another binding. What nobody waits for may be. What
 * others wait for stays with them while it is new, or while the request's binding has about as many processes:
 * otherwise two owners who keep the pool full would end each other's processes turn by turn.
 */
export function createEndingRule(
  slots: readonly Slot[],
  waiting: readonly { readonly need: Need }[],
  now: number,
): (slot: Slot, need: Need) => boolean {
  const known = new Map<Binding, number>();

  /** Counted when it is first asked for: the queue may be long. */
  function countWaiting(binding: Binding): number {
    const count = known.get(binding) ?? waiting.filter(({ need }) => sameBinding(need, binding)).length;
    known.set(binding, count);
    return count;
  }

  return (slot, need) => {
    const { binding } = slot;
    if (binding === undefined || sameBinding(binding, need)) return true;
    const theirs = slots.filter((other) => sameBinding(other.binding, binding));
    if (countWaiting(binding) < theirs.filter(isIdle).length) return true;
    const own = slots.filter((other) => sameBinding(other.binding, need)).length;
    return now - slot.boundAt >= tenureMs && (own === 0 || theirs.length - own >= 2);
  };
}
