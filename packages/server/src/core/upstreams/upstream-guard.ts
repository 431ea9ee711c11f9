import { errorCatalogue, FailureError, toFailure, type ErrorCode, type Failure } from "@gantry/contracts/errors";
import type { Clock } from "../ports/clock.ts";
import { admit, closedCircuit, report, type CircuitReport, type CircuitState } from "../routing/circuit-breaker.ts";

/** Stands before an upstream that may be down: after failures in a row requests are refused for a while, not tried. */
export interface UpstreamGuard {
  /** Why a request would be refused now; undefined where it would be let through. Changes nothing. */
  refusal(): Failure | undefined;
  /** Throws a `FailureError` of code `upstream_circuit_open` while the upstream is left alone. */
  admit(): UpstreamPass;
  readonly state: CircuitState["kind"];
}

/** A request that may go to the upstream. It reports once, as soon as the answer begins; what comes later has no effect. */
export interface UpstreamPass {
  /** The upstream is well, be it that it refused the request. */
  succeed(): void;
  /** For what a retry might cure. */
  fail(retryAfterMs?: number): void;
  /** Nothing was learnt. */
  abandon(): void;
}

export function createUpstreamGuard(clock: Clock): UpstreamGuard {
  let state: CircuitState = closedCircuit;
  return {
    get state() {
      return state.kind;
    },
    refusal() {
      const admission = admit(state, clock.now());
      return admission.admitted ? undefined : toRefusal(admission.retryAfterMs);
    },
    admit() {
      const admission = admit(state, clock.now());
      state = admission.state;
      if (!admission.admitted) throw new FailureError(toRefusal(admission.retryAfterMs));
      let reported = false;
      const tell = (result: CircuitReport): void => {
        if (reported) return;
        reported = true;
        state = report(state, admission.period, result, clock.now());
      };
      return {
        succeed: () => tell({ outcome: "succeeded" }),
        fail: (retryAfterMs) => tell({ outcome: "failed", ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }),
        abandon: () => tell({ outcome: "abandoned" }),
      };
    },
  };
}

function toRefusal(retryAfterMs: number): Failure {
  const message = "The model's provider failed several times in a row; it is left alone for a moment.";
  return toFailure("upstream_circuit_open", message, { retryAfterMs });
}

/** Failures that say something of the upstream; all others are the request's or our own. */
const upstreamFailures: ReadonlySet<ErrorCode> = new Set([
  "upstream_failed",
  "upstream_overloaded",
  "upstream_timeout",
  "upstream_interrupted",
  "upstream_unauthorized",
]);

/** Reports what a failure says of the upstream. */
export function reportFailure(pass: UpstreamPass, { code, retryAfterMs }: Failure): void {
  if (upstreamFailures.has(code)) pass.fail(retryAfterMs);
  else if (errorCatalogue[code].status < 500) pass.succeed();
  else pass.abandon();
}
