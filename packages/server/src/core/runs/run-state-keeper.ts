import type { RunState } from "@gantry/contracts/runs";
import type { Log } from "../ports/log.ts";
import type { RunStore } from "../ports/run-store.ts";

/** Keeps the states of runs true to their last call. Neither rejects: a call does not hang on how its run is shown. */
export interface RunStateKeeper {
  /** A budget refused a call. `known`: the run's state when its token was checked. */
  noteRefused(id: string, known: RunState): Promise<void>;
  noteLetIn(id: string, known: RunState): Promise<void>;
}

export interface RunStateParts {
  readonly runs: Pick<RunStore, "setBudgetReached">;
  readonly log: Pick<Log, "warn">;
}

/** What is forgotten is written once more. */
const mostRemembered = 10_000;

export function createRunStateKeeper({ runs, log }: RunStateParts): RunStateKeeper {
  /** Runs refused on this node, sooner than the check of their token knows of it. */
  const refused = new Set<string>();

  async function write(id: string, reached: boolean): Promise<void> {
    await runs
      .setBudgetReached(id, reached)
      .catch((error: unknown) => log.warn({ err: error, run: id }, "the state of a run was not noted"));
  }

  return {
    async noteRefused(id, known) {
      // An agent may try again and again: only what is known by now need not be written once more.
      if (known === "budget_reached" && refused.has(id)) return;
      if (refused.size >= mostRemembered) refused.clear();
      refused.add(id);
      await write(id, true);
    },
    async noteLetIn(id, known) {
      if (refused.delete(id) || known === "budget_reached") await write(id, false);
    },
  };
}
