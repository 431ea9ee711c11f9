/** Lets one of those who name the same key do its work at a time, in the order in which they came. */
export interface KeyedLock {
  hold<Result>(key: string, work: () => Promise<Result>): Promise<Result>;
}

export function createKeyedLock(): KeyedLock {
  const last = new Map<string, Promise<unknown>>();
  return {
    async hold(key, work) {
      const before = last.get(key) ?? Promise.resolve();
      const result = before.then(work);
      // What the next one waits for never fails.
      const done = result.then(
        () => {},
        () => {},
      );
      last.set(key, done);
      try {
        return await result;
      } finally {
        if (last.get(key) === done) last.delete(key);
      }
    },
  };
}
