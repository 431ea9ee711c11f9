import type { Principal } from "../access/principal.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";

export interface KeyWatchParts {
  /** Who a key is now; undefined where it is good for nothing any more. */
  principalOf(keyId: string): Promise<Principal | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Ends what goes on under a key without a request of its own, when the key is no longer good for it. */
export interface KeyWatch {
  /** Calls `onLost` once, within a second of the change on any node. The returned function ends the watch. */
  watch(keyId: string, isGood: (holder: Principal) => boolean, onLost: () => void): () => void;
}

interface Watcher {
  readonly keyId: string;
  isGood(holder: Principal): boolean;
  onLost(): void;
}

const lookEveryMs = 500;

/** Looks each key up once, however many streams it has open; not at all where none is open. */
export function createKeyWatch({ principalOf, clock, log }: KeyWatchParts): KeyWatch {
  const watchers = new Set<Watcher>();
  let isPlanned = false;

  function plan(): void {
    if (isPlanned || watchers.size === 0) return;
    isPlanned = true;
    clock.after(lookEveryMs, () => {
      void look().finally(() => {
        isPlanned = false;
        plan();
      });
    });
  }

  async function look(): Promise<void> {
    const keys = Map.groupBy(watchers, ({ keyId }) => keyId);
    await Promise.all(
      [...keys].map(async ([keyId, known]) => {
        try {
          const holder = await principalOf(keyId);
          for (const watcher of known) {
            if (holder !== undefined && watcher.isGood(holder)) continue;
            if (watchers.delete(watcher)) watcher.onLost();
          }
        } catch (error) {
          // Nothing is known of it: a store that is away cuts nobody off. The next look tells more.
          log.warn({ err: error, key: keyId }, "it could not be looked whether a key with open streams is still good");
        }
      }),
    );
  }

  return {
    watch(keyId, isGood, onLost) {
      const watcher: Watcher = { keyId, isGood, onLost };
      watchers.add(watcher);
      plan();
      return () => void watchers.delete(watcher);
    },
  };
}
