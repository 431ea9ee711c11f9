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

/**
 * Picks the warmest process for a request: same conversation, clean, spare, cleared on the spot, cold. `mayEnd` tells
 * which idle processes may make room for it.
 */
export function chooseProcess(
  slots: readonly Slot[],
  need: Need,
  limit: number,
  mayEnd: (slot: Slot, need: Need) => boolean = () => true,
): Choice {
  const room = slots.length < limit;
  // The usual case of a long queue, of which each one is asked for again and again.
  if (!room && !slots.some(isIdle)) return { kind: "wait" };
  const own = slots.filter((slot) => sameBinding(slot.binding, need));
  const held = own.find(
    (slot) => slot.state === "holding" && slot.conversation === need.conversation && slot.model === need.model,
  );
  if (held !== undefined) return { kind: "take", slot: held, clear: false };

  const findEvict = () => longestIdle(slots.filter((slot) => mayEnd(slot, need)));
  if (need.prefersSeeding) {
    const evict = room ? undefined : findEvict();
    if (room || evict !== undefined) return { kind: "seed", evict };
    return { kind: "wait" };
  }

  const clean = own.filter((slot) => slot.state === "clean");
  const ready = clean.find((slot) => slot.model === need.model) ?? clean[0];
  if (ready !== undefined) return { kind: "take", slot: ready, clear: false };

  // Clearing takes some 10 ms and its conversation can be replayed; a start takes 300 ms and more. A spare is taken first
  // where another can be started beside it; in a full house it is kept for whoever has no process to clear.
  const spare = slots.find((slot) => slot.state === "spare");
  const used = longestIdle(own.filter((slot) => slot.state === "holding"));
  if (spare !== undefined && (room || used === undefined)) return { kind: "take", slot: spare, clear: false };
  if (used !== undefined) return { kind: "take", slot: used, clear: true };

  if (room) return { kind: "start", evict: undefined };
  const evict = findEvict();
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
