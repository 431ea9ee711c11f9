import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  admit,
  closedCircuit,
  defaultCircuitRules,
  report,
  resetCircuit,
  type CircuitReport,
  type CircuitState,
} from "./circuit-breaker.ts";

const failed: CircuitReport = { outcome: "failed" };
const succeeded: CircuitReport = { outcome: "succeeded" };
const abandoned: CircuitReport = { outcome: "abandoned" };

/** One request after the other, as a caller would make them. */
function createCaller(start = 1000) {
  let state: CircuitState = closedCircuit;
  let now = start;
  return {
    get kind() {
      return state.kind;
    },
    pass(ms: number): void {
      now += ms;
    },
    /** How long to wait; undefined where the request was made. */
    call(result: CircuitReport): number | undefined {
      const admission = admit(state, now);
      state = admission.state;
      if (!admission.admitted) return admission.retryAfterMs;
      state = report(state, admission.period, result, now);
      return undefined;
    },
    begin(): (result: CircuitReport) => void {
      const admission = admit(state, now);
      state = admission.state;
      assert.ok(admission.admitted);
      return (result) => {
        state = report(state, admission.period, result, now);
      };
    },
    reset(): void {
      state = resetCircuit(state);
    },
  };
}

function createOpenCaller(result: CircuitReport = failed) {
  const caller = createCaller();
  for (let turn = 0; turn < defaultCircuitRules.threshold; turn += 1) caller.call(result);
  assert.equal(caller.kind, "open");
  return caller;
}

test("five failures in a row open it, and no fewer", () => {
  const caller = createCaller();
  for (const result of [failed, failed, failed, failed, succeeded, failed, failed, failed, failed]) {
    assert.equal(caller.call(result), undefined);
    assert.equal(caller.kind, "closed");
  }
  caller.call(failed);
  assert.equal(caller.kind, "open");
  assert.equal(caller.call(succeeded), 1000);
});

test("clients that leave are no failures and no successes", () => {
  const caller = createCaller();
  for (const result of [failed, failed, abandoned, failed, failed, abandoned]) caller.call(result);
  assert.equal(caller.kind, "closed");
  caller.call(failed);
  assert.equal(caller.kind, "open");
});

test("after the cooldown one request probes, the others wait, and its success closes", () => {
  const caller = createOpenCaller();
  caller.pass(999);
  assert.equal(caller.call(succeeded), 1);
  caller.pass(1);
  const finish = caller.begin();
  assert.equal(caller.kind, "half_open");
  assert.equal(caller.call(succeeded), defaultCircuitRules.probeMs);
  finish(succeeded);
  assert.equal(caller.kind, "closed");
  assert.equal(caller.call(failed), undefined);
  assert.equal(caller.kind, "closed");
});

test("each probe that fails doubles the cooldown, up to a minute", () => {
  const caller = createOpenCaller();
  const waits: (number | undefined)[] = [];
  for (let turn = 0; turn < 9; turn += 1) {
    const wait = caller.call(succeeded);
    waits.push(wait);
    caller.pass(wait ?? 0);
    caller.call(failed);
  }
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test("a circuit that closed begins anew with the shortest cooldown", () => {
  const caller = createOpenCaller();
  for (const result of [failed, failed, succeeded]) {
    caller.pass(60_000);
    caller.call(result);
  }
  for (let turn = 0; turn < 5; turn += 1) caller.call(failed);
  assert.equal(caller.call(failed), 1000);
});

test("the wait that the upstream asks for is kept, up to a minute", () => {
  const waits: readonly [number, number][] = [
    [30_000, 30_000],
    [10, 1000],
    [86_400_000, 60_000],
    [Infinity, 60_000],
    [Number.NaN, 1000],
    [-5, 1000],
  ];
  for (const [retryAfterMs, wait] of waits) {
    assert.equal(createOpenCaller({ outcome: "failed", retryAfterMs }).call(succeeded), wait, String(retryAfterMs));
  }
});

test("a probe whose client left makes room for the next at once", () => {
  const caller = createOpenCaller();
  caller.pass(1000);
  caller.call(abandoned);
  assert.equal(caller.call(succeeded), undefined);
  assert.equal(caller.kind, "closed");
});

test("a probe that never reports is given up, and its late report counts no more", () => {
  const caller = createOpenCaller();
  caller.pass(1000);
  const lost = caller.begin();
  caller.pass(defaultCircuitRules.probeMs);
  const second = caller.begin();
  lost(failed);
  assert.equal(caller.kind, "half_open");
  second(succeeded);
  assert.equal(caller.kind, "closed");
  lost(failed);
  assert.equal(caller.kind, "closed");
});

test("reports of requests from before it opened say nothing of the upstream now", () => {
  const caller = createCaller();
  const [lateSuccess, lateFailure] = [caller.begin(), caller.begin()];
  for (let turn = 0; turn < 5; turn += 1) caller.call(failed);
  lateSuccess(succeeded);
  assert.equal(caller.kind, "open");
  caller.pass(1000);
  const probe = caller.begin();
  lateFailure(failed);
  assert.equal(caller.kind, "half_open");
  probe(succeeded);
  assert.equal(caller.kind, "closed");
});

test("requests side by side count together", () => {
  const caller = createCaller();
  const finishes = Array.from({ length: 6 }, () => caller.begin());
  for (const finish of finishes) finish(failed);
  assert.equal(caller.kind, "open");
  assert.equal(caller.call(succeeded), 1000);
});

test("a clock that was put back does not hold it open", () => {
  const caller = createOpenCaller();
  caller.pass(-1_000_000_000);
  assert.equal(caller.call(succeeded), undefined);
  assert.equal(caller.kind, "closed");
});

test("an operator can close it", () => {
  const caller = createOpenCaller();
  caller.reset();
  assert.equal(caller.call(succeeded), undefined);
});

const step = fc.oneof(
  fc.record({ kind: fc.constant("begin" as const) }),
  fc.record({
    kind: fc.constant("report" as const),
    which: fc.nat(5),
    outcome: fc.constantFrom("succeeded", "failed", "abandoned"),
    retryAfterMs: fc.double(),
  }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: -10_000, max: 100_000 }) }),
);

test("whatever happens, a request is let through at the latest after a minute, and an upstream that is well closes it", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let state: CircuitState = closedCircuit;
      let now = 0;
      const open: number[] = [];
      for (const action of steps) {
        if (action.kind === "pass") now += action.ms;
        if (action.kind === "report") {
          const [period] = open.splice(action.which, 1);
          if (period !== undefined)
            state = report(state, period, { outcome: action.outcome, retryAfterMs: action.retryAfterMs }, now);
        }
        if (action.kind !== "begin") continue;
        const admission = admit(state, now);
        state = admission.state;
        if (admission.admitted) open.push(admission.period);
        else assert.ok(admission.retryAfterMs > 0 && admission.retryAfterMs <= 60_000);
      }
      const admission = admit(state, now + 60_000);
      assert.ok(admission.admitted);
      assert.equal(report(admission.state, admission.period, succeeded, now + 60_000).kind, "closed");
    }),
  );
});
