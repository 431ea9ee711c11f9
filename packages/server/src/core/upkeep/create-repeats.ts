import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";

/** Works that are done again and again, until they are stopped. */
export interface Repeats {
  /** After `ms`, and after each end of it `ms` later again. What rejects is logged by its name, and tried again. */
  add(name: string, ms: number, work: () => Promise<void>): void;
  /** Nothing is begun any more. May be called twice. */
  stop(): void;
}

/** `of` says in the log whose they are. */
export function createRepeats({ clock, log }: { readonly clock: Clock; readonly log: Log }, of: string): Repeats {
  const cancels = new Map<string, () => void>();
  let isStopped = false;

  function add(name: string, ms: number, work: () => Promise<void>): void {
    if (isStopped) return;
    const next = (): void => add(name, ms, work);
    cancels.set(
      name,
      clock.after(ms, () => {
        work()
          .catch((error: unknown) => log.warn({ err: error }, `${of}: ${name} failed, and is tried again`))
          .finally(next);
      }),
    );
  }

  return {
    add,
    stop() {
      isStopped = true;
      for (const cancel of cancels.values()) cancel();
    },
  };
}
