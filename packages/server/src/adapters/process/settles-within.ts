import type { Clock } from "../../core/ports/clock.ts";

/** Whether a promise that never rejects resolves within `ms`. Leaves no timer behind. */
export async function settlesWithin(promise: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> {
  let cancel = (): void => undefined;
  const late = new Promise<boolean>((resolve) => {
    cancel = clock.after(ms, () => resolve(false));
  });
  const inTime = await Promise.race([promise.then(() => true), late]);
  cancel();
  return inTime;
}
