/** Collects what went wrong: counts all of it and keeps the first few. */
export interface ProblemList {
  add(problem: string): void;
  readonly count: number;
  readonly shown: readonly string[];
}

const mostShown = 10;
const longest = 600;

export function createProblemList(): ProblemList {
  const shown: string[] = [];
  let count = 0;
  return {
    add(problem) {
      count += 1;
      if (shown.length < mostShown) shown.push(problem.slice(0, longest));
    },
    get count() {
      return count;
    },
    shown,
  };
}

export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
