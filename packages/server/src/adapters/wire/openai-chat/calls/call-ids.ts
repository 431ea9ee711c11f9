/** The ids of one conversation's tool calls, in a form that a server takes. */
export interface CallIds {
  toId(id: string): string;
}

/**
 * Ids that are longer than a server takes are numbered in the order in which they come, so that the same conversation
 * always gets the same ones: another server may have written them long.
 */
export function createCallIds(longest: number): CallIds {
  const short = new Map<string, string>();
  return {
    toId(id) {
      if (id.length <= longest) return id;
      const known = short.get(id) ?? `call_renamed_${short.size + 1}`;
      short.set(id, known);
      return known;
    },
  };
}
