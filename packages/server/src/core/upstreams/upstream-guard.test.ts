import assert from "node:assert/strict";
import { test } from "node:test";
import { FailureError, toFailure, type ErrorCode } from "@gantry/contracts/errors";
import { createTestClock } from "../ports/test-clock.ts";
import { createUpstreamGuard, reportFailure } from "./upstream-guard.ts";

function open() {
  const clock = createTestClock();
  const guard = createUpstreamGuard(clock);
  return {
    clock,
    guard,
    fail(times: number, retryAfterMs?: number) {
      for (let turn = 0; turn < times; turn += 1) guard.admit().fail(retryAfterMs);
    },
  };
}

test("five failures in a row close the way, and asking whether it is closed changes nothing", () => {
  const { guard, clock, fail } = open();
  fail(4);
  assert.equal(guard.refusal(), undefined);
  fail(1, 5000);
  for (const _ of [1, 2]) {
    const refusal = guard.refusal();
    assert.deepEqual([refusal?.code, refusal?.retryAfterMs], ["upstream_circuit_open", 5000]);
  }
  assert.throws(
    () => guard.admit(),
    (error) => error instanceof FailureError && error.failure.code === "upstream_circuit_open",
  );
  clock.advance(5000);
  for (const _ of [1, 2]) assert.equal(guard.refusal(), undefined);
  assert.equal(guard.state, "open");
  guard.admit().succeed();
  assert.equal(guard.state, "closed");
});

test("a pass reports once", () => {
  const { guard, fail } = open();
  fail(4);
  const pass = guard.admit();
  pass.succeed();
  pass.fail();
  pass.abandon();
  assert.equal(guard.state, "closed");
  fail(4);
  assert.equal(guard.state, "closed");
});

test("a failure says something of the upstream, or that it is well, or nothing", () => {
  const stateAfter = (code: ErrorCode): string => {
    const { guard, clock, fail } = open();
    fail(5);
    clock.advance(1000);
    const probe = guard.admit();
    reportFailure(probe, toFailure(code));
    return guard.refusal() === undefined ? guard.state : "refusing";
  };
  for (const code of ["upstream_failed", "upstream_overloaded", "upstream_timeout", "upstream_unauthorized"] as const) {
    assert.equal(stateAfter(code), "refusing", code);
  }
  for (const code of ["upstream_rejected", "upstream_rate_limited", "context_too_long"] as const) {
    assert.equal(stateAfter(code), "closed", code);
  }
  // The probe's place is free for the next.
  for (const code of ["internal", "agent_failed", "draining"] as const) assert.equal(stateAfter(code), "open", code);
});
