import { toFailure, type Failure } from "@gantry/contracts/errors";
import { createFairQueue } from "../pool/fair-queue.ts";
import type { Clock } from "../ports/clock.ts";

export interface SlotLimits {
  readonly maxConcurrent: number;
  /** Calls that may wait for a slot. */
  readonly queueLength: number;
  readonly queueWaitMs: number;
}

/** Bounds the calls that run at one upstream at one time; more wait in a queue that is fair between owners. */
export interface CallSlots {
  /** Resolves with the failure `queue_full` or `queue_timeout` where none is to be had; rejects with the signal's reason. */
  take(owner: string, signal: AbortSignal): Promise<CallSlot | Failure>;
  readonly taken: number;
  readonly waiting: number;
}

export interface CallSlot {
  /** May be called twice. */
  release(): void;
}

interface Waiter {
  readonly owner: string;
  readonly grant: () => void;
}

export function createCallSlots(limits: SlotLimits, clock: Clock): CallSlots {
  const { maxConcurrent, queueLength, queueWaitMs } = limits;
  const queue = createFairQueue<Waiter>(queueLength);
  let taken = 0;

  function occupy(): CallSlot {
    taken += 1;
    let isReleased = false;
    return {
      release() {
        if (isReleased) return;
        isReleased = true;
        taken -= 1;
        serveNext();
      },
    };
  }

  function serveNext(): void {
    const next = queue.first();
    if (next === undefined || taken >= maxConcurrent) return;
    queue.serve(next.owner, next);
    next.grant();
  }

  function wait(owner: string, signal: AbortSignal): Promise<CallSlot | Failure> {
    const { promise, resolve, reject } = Promise.withResolvers<CallSlot | Failure>();
    const leave = (settle: () => void): void => {
      if (queue.remove(owner, waiter)) settle();
      release();
    };
    const abort = (): void => leave(() => reject(signal.reason));
    const release = (): void => {
      cancel();
      signal.removeEventListener("abort", abort);
    };
    const waiter: Waiter = {
      owner,
      grant() {
        release();
        resolve(occupy());
      },
    };
    if (!queue.add(owner, waiter)) return Promise.resolve(toQueueFailure("queue_full", limits));
    const cancel = clock.after(queueWaitMs, () => leave(() => resolve(toQueueFailure("queue_timeout", limits))));
    signal.addEventListener("abort", abort);
    return promise;
  }

  return {
    async take(owner, signal) {
      signal.throwIfAborted();
      return taken < maxConcurrent ? occupy() : await wait(owner, signal);
    },
    get taken() {
      return taken;
    },
    get waiting() {
      return queue.length;
    },
  };
}

function toQueueFailure(code: "queue_full" | "queue_timeout", { maxConcurrent, ...limits }: SlotLimits): Failure {
  const message =
    code === "queue_full"
      ? `All ${maxConcurrent} calls that may run at the model's provider are running, and ${limits.queueLength} wait already.`
      : `None of the ${maxConcurrent} calls that may run at the model's provider ended within ${limits.queueWaitMs / 1000} s.`;
  return toFailure(code, message, { retryAfterMs: 1000 });
}
