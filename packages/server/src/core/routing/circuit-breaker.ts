/**
 * A circuit breaker for one upstream, as a pure state machine. Failures in a row open it; after a cooldown that doubles
 * up to a bound it lets one request through to probe; a success closes it. It never stays open for ever: each cooldown
 * is bounded, each ends in a probe, and a probe that never reports is given up.
 */
export type CircuitState =
  | { readonly kind: "closed"; readonly period: number; readonly failures: number }
  | { readonly kind: "open"; readonly period: number; readonly until: number; readonly openings: number }
  | { readonly kind: "half_open"; readonly period: number; readonly giveUpAt: number; readonly openings: number };

export interface CircuitRules {
  /** Failures in a row that open it. */
  readonly threshold: number;
  readonly firstCooldownMs: number;
  /** No cooldown is longer, whatever the upstream asks for. */
  readonly maxCooldownMs: number;
  /** A probe that has not reported by then is taken for lost. */
  readonly probeMs: number;
}

export const defaultCircuitRules: CircuitRules = {
  threshold: 5,
  firstCooldownMs: 1_000,
  maxCooldownMs: 60_000,
  probeMs: 60_000,
};

export const closedCircuit: CircuitState = { kind: "closed", period: 0, failures: 0 };

export type Admission =
  /** `period` goes back with the report: one of an earlier period, that comes late, says nothing of the present one. */
  | { readonly admitted: true; readonly state: CircuitState; readonly period: number }
  | { readonly admitted: false; readonly state: CircuitState; readonly retryAfterMs: number };

/** `failed` is what a retry might cure; an upstream that answers with a refusal is well and has `succeeded`. */
export type CircuitReport =
  | { readonly outcome: "succeeded" }
  | { readonly outcome: "failed"; readonly retryAfterMs?: number }
  /** The client left before anything could be learnt. */
  | { readonly outcome: "abandoned" };

/** Whether a request may go to the upstream now. Times are milliseconds of any one clock. */
export function admit(state: CircuitState, now: number, rules: CircuitRules = defaultCircuitRules): Admission {
  if (state.kind === "closed") return { admitted: true, state, period: state.period };
  const [end, longest] = state.kind === "open" ? [state.until, rules.maxCooldownMs] : [state.giveUpAt, rules.probeMs];
  const waitMs = end - now;
  // An end further away than it can be means that the clock was put back: it must not hold the circuit open.
  if (waitMs > 0 && waitMs <= longest) return { admitted: false, state, retryAfterMs: Math.ceil(waitMs) };
  const period = state.period + 1;
  const probing: CircuitState = { kind: "half_open", period, giveUpAt: now + rules.probeMs, openings: state.openings };
  return { admitted: true, state: probing, period };
}

/**
 * The state after a report on a request that was admitted in `period`. To be called once for each, as soon as the
 * upstream begins to answer: how long the whole answer takes says nothing of its health.
 */
export function report(
  state: CircuitState,
  period: number,
  result: CircuitReport,
  now: number,
  rules: CircuitRules = defaultCircuitRules,
): CircuitState {
  if (period !== state.period || state.kind === "open") return state;
  if (result.outcome === "succeeded") {
    return state.kind === "closed" && state.failures === 0 ? state : toClosed(state);
  }
  if (state.kind === "closed") {
    if (result.outcome === "abandoned") return state;
    const failures = state.failures + 1;
    return failures < rules.threshold ? { ...state, failures } : toOpen(period, 1, result.retryAfterMs, now, rules);
  }
  // A probe that was abandoned leaves its place to the next request.
  if (result.outcome === "abandoned") return { kind: "open", period: period + 1, until: now, openings: state.openings };
  return toOpen(period, state.openings + 1, result.retryAfterMs, now, rules);
}

/** For an operator who knows better. Reports of requests under way are ignored. */
export function resetCircuit(state: CircuitState): CircuitState {
  return { kind: "closed", period: state.period + 1, failures: 0 };
}

/** Requests that run side by side in a closed circuit stay of one period, so that each success counts. */
function toClosed(state: CircuitState): CircuitState {
  return { kind: "closed", period: state.kind === "closed" ? state.period : state.period + 1, failures: 0 };
}

function toOpen(period: number, openings: number, retryAfterMs = 0, now: number, rules: CircuitRules): CircuitState {
  const doubled = rules.firstCooldownMs * 2 ** Math.min(openings - 1, 30);
  const asked = retryAfterMs > 0 ? retryAfterMs : 0;
  const cooldown = Math.min(rules.maxCooldownMs, Math.max(doubled, asked));
  return { kind: "open", period: period + 1, until: now + cooldown, openings };
}
