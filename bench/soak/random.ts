/** Random choices that a seed makes again. */
export interface Random {
  /** From 0 up to, but not, 1. */
  next(): number;
  /** A whole number from 0 up to, but not, `end`. */
  below(end: number): number;
  chance(probability: number): boolean;
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
}

/**
 * The choices of one item of a run. Each item has its own, so that it comes out the same whatever the others did before
 * it, and can be made again alone.
 */
export function createRandom(seed: number, item: number): Random {
  // Mulberry32; the item's number is spread over all bits so that neighbours have nothing in common.
  let state = (seed ^ Math.imul(item + 1, 0x9e37_79b1)) >>> 0;
  function next(): number {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const below = (end: number): number => Math.floor(next() * end);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)] ?? items[0],
  };
}
