/** Requests that wait for a process, served owner by owner in turn and first come, first served within an owner. */
export interface FairQueue<T> {
  readonly length: number;
  /** False where the queue is full. */
  add(owner: string, item: T): boolean;
  /** True where the item was waiting. */
  remove(owner: string, item: T): boolean;
  /** The item that is to be served next. */
  first(): T | undefined;
  /** The items in the order in which they are to be served. */
  inOrder(): T[];
  /** Takes an item out because it is served now; its owner goes to the end of the round. */
  serve(owner: string, item: T): void;
}

export function createFairQueue<T>(limit: number): FairQueue<T> {
  // A Map keeps the order of the round: the first owner is the next.
  const byOwner = new Map<string, T[]>();
  let length = 0;

  function remove(owner: string, item: T): boolean {
    const items = byOwner.get(owner);
    const index = items?.indexOf(item) ?? -1;
    if (items === undefined || index === -1) return false;
    items.splice(index, 1);
    length -= 1;
    if (items.length === 0) byOwner.delete(owner);
    return true;
  }

  return {
    get length() {
      return length;
    },
    add(owner, item) {
      if (length >= limit) return false;
      const items = byOwner.get(owner);
      if (items === undefined) byOwner.set(owner, [item]);
      else items.push(item);
      length += 1;
      return true;
    },
    remove,
    first() {
      const [items] = byOwner.values();
      return items?.[0];
    },
    inOrder() {
      const rounds = [...byOwner.values()];
      const longest = Math.max(0, ...rounds.map((items) => items.length));
      return Array.from({ length: longest }, (_, round) =>
        rounds.flatMap((items) => items.slice(round, round + 1)),
      ).flat();
    },
    serve(owner, item) {
      remove(owner, item);
      const rest = byOwner.get(owner);
      if (rest === undefined) return;
      byOwner.delete(owner);
      byOwner.set(owner, rest);
    },
  };
}
