import type { ConversationKey } from "./conversation-key.ts";
import type { Binding } from "./slot.ts";

/** What a binding is likely to want next. */
export interface CleanWish {
  readonly binding: Binding;
  /** Clean processes. */
  readonly count: number;
  /** Its conversations go on: what holds one is worth more than a clean process. */
  readonly continues: boolean;
}

/** How many clean processes each binding is likely to want next, learnt from what it asked for lately. */
export interface CleanDemand {
  /** A conversation that no process held has begun. */
  began(binding: Binding, now: number): void;
  ended(binding: Binding): void;
  /** A process holds this conversation from now on. */
  held(conversation: ConversationKey): void;
  /** A conversation is asked for, whether the process that held it still does or not. */
  asked(binding: Binding, conversation: ConversationKey, now: number): void;
  /** The bindings that want clean processes. */
  wanted(now: number): CleanWish[];
}

/** A binding that was not used for this long wants nothing in advance. */
const forgetAfterMs = 60_000;
/** A peak of simultaneous new conversations is expected to come again for this long. */
const peakHoldsMs = 5_000;
/** A conversation that went on tells for this long that others will. */
const continuesForMs = 10_000;
/** So many held conversations are remembered, the newest. */
const mostRemembered = 1_000;

export function createCleanDemand(): CleanDemand {
  const known = new Map<
    string,
    {
      binding: Binding;
      begun: number;
      running: number;
      peak: number;
      peakAt: number;
      usedAt: number;
      continuedAt: number;
    }
  >();
  const conversations = new Set<ConversationKey>();
  const keyOf = ({ owner, system, outputSchema }: Binding): string => JSON.stringify([owner, system, outputSchema]);

  return {
    began(binding, now) {
      const key = keyOf(binding);
      const entry = known.get(key) ?? {
        binding,
        begun: 0,
        running: 0,
        peak: 0,
        peakAt: now,
        usedAt: now,
        continuedAt: -continuesForMs,
      };
      known.set(key, entry);
      entry.begun += 1;
      entry.running += 1;
      entry.usedAt = now;
      if (entry.running >= entry.peak) {
        entry.peak = entry.running;
        entry.peakAt = now;
      }
    },
    ended(binding) {
      const entry = known.get(keyOf(binding));
      if (entry !== undefined) entry.running -= 1;
    },
    held(conversation) {
      conversations.add(conversation);
      const [oldest] = conversations;
      if (conversations.size > mostRemembered && oldest !== undefined) conversations.delete(oldest);
    },
    asked(binding, conversation, now) {
      const entry = known.get(keyOf(binding));
      if (conversations.delete(conversation) && entry !== undefined) entry.continuedAt = now;
    },
    wanted(now) {
      const wishes: CleanWish[] = [];
      for (const [key, entry] of known) {
        if (entry.running === 0 && now - entry.usedAt > forgetAfterMs) {
          known.delete(key);
          continue;
        }
        if (now - entry.peakAt > peakHoldsMs) entry.peak = Math.max(1, entry.running);
        // A system prompt that was seen once may never come again: a process kept for it would be wasted.
        if (entry.begun < 2) continue;
        const continues = now - entry.continuedAt < continuesForMs;
        wishes.push({ binding: entry.binding, count: entry.peak, continues });
      }
      return wishes;
    },
  };
}
