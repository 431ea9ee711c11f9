import type { Clock } from "../core/ports/clock.ts";
import type { Metrics } from "../core/ports/metrics.ts";
import type { Store } from "../core/ports/store.ts";

/** An answer holds for so long, since each asks for a durable write. */
const freshMs = 1000;
/** A store that takes longer is not ready to serve, whatever it says in the end. */
const patienceMs = 2000;

/** Whether the store takes writes, asked at most once a second however many ask. */
export function createStoreCheck(
  store: Pick<Store, "ping">,
  clock: Clock,
  metrics: Pick<Metrics, "storeAnswered">,
): () => Promise<boolean> {
  let asked: { readonly at: number; readonly answer: Promise<boolean> } | undefined;

  function ask(): Promise<boolean> {
    const { promise: late, resolve } = Promise.withResolvers<boolean>();
    const cancel = clock.after(patienceMs, () => resolve(false));
    const pinged = store.ping().then(
      (ms) => {
        metrics.storeAnswered("ping", ms);
        return true;
      },
      () => false,
    );
    return Promise.race([pinged, late]).finally(cancel);
  }

  return () => {
    if (asked === undefined || clock.now() - asked.at >= freshMs) asked = { at: clock.now(), answer: ask() };
    return asked.answer;
  };
}
