/** Random choices that are the same in every run with the same seed. */
export interface Random {
  /** A whole number from 0 up to, and without, `bound`. */
  below(bound: number): number;
  pick<T>(items: readonly T[]): T;
}

/** Marsaglia's xorshift; the seed must not be 0. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  const below = (bound: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
  return {
    below,
    pick(items) {
      // The index lies within, so there is one; an empty list is the caller's mistake.
      if (items.length === 0) throw new RangeError("Expected something to pick from.");
      return items[below(items.length)] as (typeof items)[number];
    },
  };
}
