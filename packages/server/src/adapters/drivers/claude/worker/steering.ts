/** Messages that were sent into a running turn. */
export interface Steering {
  /** Resolves with true when the CLI has taken the message, with false when it was withdrawn or the turn ended first. */
  add(id: string): Promise<boolean>;
  /** The CLI has taken it. */
  take(id: string): void;
  /** Those that were not taken yet, in order. */
  readonly waiting: readonly string[];
  /** None of the rest is ever taken. */
  end(): void;
}

export function createSteering(): Steering {
  const waiting = new Map<string, (taken: boolean) => void>();
  let ended = false;
  return {
    add(id) {
      if (ended) return Promise.resolve(false);
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    take(id) {
      waiting.get(id)?.(true);
      waiting.delete(id);
    },
    get waiting() {
      return [...waiting.keys()];
    },
    end() {
      ended = true;
      for (const resolve of waiting.values()) resolve(false);
      waiting.clear();
    },
  };
}
