import type { CompletionEvent } from "@gantry/contracts/completion";
import { errorCatalogue, FailureError, toFailure, type ErrorCode } from "@gantry/contracts/errors";
import type { Clock } from "../ports/clock.ts";
import { admit, closedCircuit, report, type CircuitReport, type CircuitState } from "../routing/circuit-breaker.ts";

/** Stands before an upstream that may be down: after failures in a row requests are refused for a while, not tried. */
export interface UpstreamGuard {
  /** Throws a `FailureError` of code `upstream_circuit_open` while the upstream is left alone. */
  admit(): UpstreamPass;
  readonly state: CircuitState["kind"];
}

/** A request that may go to the upstream. It reports once; what comes later has no effect. */
export interface UpstreamPass {
  /** Passes the answer on and reports how the upstream is at its first sign. */
  watch(events: AsyncIterable<CompletionEvent>): AsyncGenerator<CompletionEvent, void, undefined>;
  /** The answer never began. */
  abandon(): void;
}

/** Failures that say something of the upstream; all others are the request's or our own. */
const upstreamFailures: ReadonlySet<ErrorCode> = new Set([
  "upstream_failed",
  "upstream_overloaded",
  "upstream_timeout",
  "upstream_interrupted",
  "upstream_unauthorized",
]);

export function createUpstreamGuard(clock: Clock): UpstreamGuard {
  let state: CircuitState = closedCircuit;
  return {
    get state() {
      return state.kind;
    },
    admit() {
      const admission = admit(state, clock.now());
      state = admission.state;
      if (!admission.admitted) {
        const message = "The model's provider failed several times in a row; it is left alone for a moment.";
        throw new FailureError(toFailure("upstream_circuit_open", message, { retryAfterMs: admission.retryAfterMs }));
      }
      let reported = false;
      const tell = (result: CircuitReport): void => {
        if (reported) return;
        reported = true;
        state = report(state, admission.period, result, clock.now());
      };
      return {
        abandon: () => tell({ outcome: "abandoned" }),
        async *watch(events) {
          try {
            for await (const event of events) {
              if (event.type === "answer.failed") tell(toReport(event));
              else if (event.type !== "upstream.retried") tell({ outcome: "succeeded" });
              yield event;
            }
          } finally {
            tell({ outcome: "abandoned" });
          }
        },
      };
    },
  };
}

function toReport({ error }: Extract<CompletionEvent, { type: "answer.failed" }>): CircuitReport {
  if (!upstreamFailures.has(error.code)) {
    return errorCatalogue[error.code].status < 500 ? { outcome: "succeeded" } : { outcome: "abandoned" };
  }
  return { outcome: "failed", ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }) };
}
