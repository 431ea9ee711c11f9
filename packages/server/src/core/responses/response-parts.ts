import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { ResponseStore } from "../ports/response-store.ts";
import type { ResponsesFormat } from "../ports/responses-format.ts";

/** What kept responses stand on. */
export interface ResponseParts {
  readonly store: ResponseStore;
  readonly format: ResponsesFormat;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether other nodes use the store too. */
  readonly shared: boolean;
  readonly limits: ResponseLimits;
}

export interface ResponseLimits {
  /** How long a response is kept after it, or one that goes on from it, was made. */
  readonly keepMs: number;
  /** Responses of one conversation, and bytes of all of them. */
  readonly mostInChain: number;
  readonly mostBytes: number;
  /** After it a node that no longer says so is taken for dead. */
  readonly leaseMs: number;
  readonly sweepMs: number;
}
