/** JSON is written by a function that calls itself: what is nested thousands of levels deep would break it. */
const mostLevels = 200;

/** Whether a parsed JSON value is nested deeper than any real one. Takes time in proportion to its size, and no stack. */
export function isDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; depth <= mostLevels; depth += 1) {
    const next: unknown[] = [];
    for (const each of level) {
      if (typeof each !== "object" || each === null) continue;
      for (const child of Object.values(each)) if (typeof child === "object" && child !== null) next.push(child);
    }
    if (next.length === 0) return false;
    level = next;
  }
  return true;
}
