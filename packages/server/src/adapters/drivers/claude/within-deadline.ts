import { FailureError, type Failure } from "@gantry/contracts/errors";
import type { Clock } from "../../../core/ports/clock.ts";

/** The outcome of `work`; rejects with `failure` where there is none after `ms`. Whatever `work` does later is ignored. */
export async function withinDeadline<T>(work: Promise<T>, ms: number, failure: Failure, clock: Clock): Promise<T> {
  let cancel: () => void = () => {};
  const expiry = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(ms, () => reject(new FailureError(failure)));
  });
  try {
    return await Promise.race([work, expiry]);
  } finally {
    cancel();
  }
}
