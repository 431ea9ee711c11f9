import { toFailure } from "@gantry/contracts/errors";
import type { ResponseBody } from "../ports/responses-format.ts";
import { createRepeats } from "../upkeep/create-repeats.ts";
import type { ResponseParts } from "./response-parts.ts";

/** Responses that are made while no client waits for them. */
export interface BackgroundResponses {
  /** `work` gives the whole response and never rejects for an answer that failed; `begun` is the response as it is kept now. */
  run(begun: ResponseBody, work: (signal: AbortSignal) => Promise<ResponseBody>): void;
  /** Ends the work on it, where it is made here. */
  abort(id: string): void;
  start(): void;
  /** Resolves when none is being made. */
  idle(): Promise<void>;
  /** Ends them all: what is not whole has failed. May be called twice. */
  stop(): Promise<void>;
}

interface Work {
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

export function createBackgroundResponses(parts: ResponseParts): BackgroundResponses {
  const { store, format, clock, log, limits } = parts;
  const repeats = createRepeats(parts, "responses");
  const works = new Map<string, Work>();

  async function make(
    begun: ResponseBody,
    work: (signal: AbortSignal) => Promise<ResponseBody>,
    signal: AbortSignal,
  ): Promise<void> {
    let whole: ResponseBody;
    try {
      whole = await work(signal);
    } catch (error) {
      log.error({ err: error, response: begun.id }, "a response could not be made");
      whole = format.close(begun, "failed", toFailure("internal"));
    }
    await store.end(begun.id, JSON.stringify(whole)).catch((error: unknown) => {
      log.warn({ err: error, response: begun.id }, "a response could not be kept");
    });
  }

  /** Where it is not running any more, it was cancelled or removed, here or at another node. */
  async function renew(): Promise<void> {
    for (const [id, { controller }] of works) {
      if (!(await store.renew(id, clock.epoch() + limits.leaseMs))) controller.abort();
    }
  }

  async function idle(): Promise<void> {
    while (works.size > 0) await Promise.all([...works.values()].map(({ done }) => done));
  }

  return {
    run(begun, work) {
      const controller = new AbortController();
      const done = make(begun, work, controller.signal).finally(() => works.delete(begun.id));
      works.set(begun.id, { controller, done });
    },
    abort: (id) => works.get(id)?.controller.abort(),
    start: () => repeats.add("the leases", limits.leaseMs / 5, renew),
    idle,
    async stop() {
      repeats.stop();
      for (const { controller } of works.values()) controller.abort();
      await idle();
    },
  };
}
