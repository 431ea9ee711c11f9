/** Counts what is under way, so that a stop can wait for the last of it. */
export interface WorkCount {
  readonly running: number;
  /** The returned function ends it; calling that again has no effect. */
  begin(): () => void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

export function createWorkCount(): WorkCount {
  let running = 0;
  let waiting: (() => void)[] = [];
  return {
    get running() {
      return running;
    },
    begin() {
      running += 1;
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        running -= 1;
        if (running > 0) return;
        for (const resolve of waiting) resolve();
        waiting = [];
      };
    },
    idle: () => (running === 0 ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve))),
  };
}
