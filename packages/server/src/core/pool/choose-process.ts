import type { ConversationKey } from "./conversation-key.ts";
import { isIdle, sameBinding, type Binding, type Slot } from "./slot.ts";

/** What a request needs of a process. */
export interface Need extends Binding {
  readonly model: string;
  /** The conversation before the prompt. */
  readonly conversation: ConversationKey;
  /** The history is so long that a process started from a transcript is ready sooner than one that replays it. */
  readonly prefersSeeding: boolean;
}

/**
 * `take`: this process serves as it is, once initialised (`spare`), cleared (`clear` set) or at once.
 * `start`: a new process is to be started, `evict` ended first where there is no room.
 */
export type Choice =
  | { readonly kind: "take"; readonly slot: Slot; readonly clear: boolean }
  | { readonly kind: "seed"; readonly evict: Slot | undefined }
  | { readonly kind: "start"; readonly evict: Slot | undefined }
  | { readonly kind: "wait" };

/** Picks the warmest process for a request: same conversation, clean, spare, cleared on the spot, cold. */
export function chooseProcess(slots: readonly Slot[], need: Need, limit: number): Choice {
  const own = slots.filter((slot) => sameBinding(slot.binding, need));
  const held = own.find(
    (slot) => slot.state === "holding" && slot.conversation === need.conversation && slot.model === need.model,
  );
  if (held !== undefined) return { kind: "take", slot: held, clear: false };

  const room = slots.length < limit;
  if (need.prefersSeeding) {
    const evict = room ? undefined : longestIdle(slots);
    if (room || evict !== undefined) return { kind: "seed", evict };
    return { kind: "wait" };
  }

  const clean = own.filter((slot) => slot.state === "clean");
  const ready =
    clean.find((slot) => slot.model === need.model) ?? clean[0] ?? slots.find((slot) => slot.state === "spare");
  if (ready !== undefined) return { kind: "take", slot: ready, clear: false };

  // Clearing takes some 10 ms and its conversation can be replayed; a start takes 300 ms and more.
  const used = longestIdle(own.filter((slot) => slot.state === "holding"));
  if (used !== undefined) return { kind: "take", slot: used, clear: true };

  if (room) return { kind: "start", evict: undefined };
  const evict = longestIdle(slots);
  return evict === undefined ? { kind: "wait" } : { kind: "start", evict };
}

export function longestIdle(slots: readonly Slot[]): Slot | undefined {
  return slots
    .filter(isIdle)
    .reduce<Slot | undefined>(
      (oldest, slot) => (oldest === undefined || slot.idleSince < oldest.idleSince ? slot : oldest),
      undefined,
    );
}
