import assert from "node:assert/strict";
import { test } from "node:test";
import { FailureError, toFailure, type ErrorCode } from "@gantry/contracts/errors";
import { settle } from "../ports/test-clock.ts";
import { openAttempts, toTarget, type Scripted } from "./test-attempts.ts";

const well: Scripted = { status: 200, headers: { "content-type": "text/event-stream" }, pieces: ["a", "b"] };
const overloaded: Scripted = { status: 529, pieces: ["overloaded"] };

const isFailure = (code: ErrorCode) => (error: unknown) => error instanceof FailureError && error.failure.code === code;

test("a client that leaves while its call probes an upstream makes way for the next at once", async () => {
  const tried = openAttempts((_, count) => (count <= 5 ? overloaded : count === 6 ? { breaks: "hang" } : well));
  const target = toTarget("one", { retries: 0 });
  for (let turn = 0; turn < 5; turn += 1) (await tried.attempt([target])).end();
  tried.clock.advance(1000);
  const leaving = new AbortController();
  const probe = tried.attempt([target], { signal: leaving.signal });
  await settle();
  await assert.rejects(tried.attempt([target]), isFailure("upstream_circuit_open"));
  leaving.abort(new Error("left"));
  await assert.rejects(probe, /left/);
  (await tried.attempt([target])).end();
  assert.equal(tried.guardOf("one").state, "closed");
});

test("a call that cannot be written for a target ends there, and takes nothing", async () => {
  const tried = openAttempts(() => well);
  const toExchange = () => {
    throw new FailureError(toFailure("unsupported_feature"));
  };
  await assert.rejects(tried.attempt([toTarget("one")], { toExchange }), isFailure("unsupported_feature"));
  assert.equal(tried.sent.length, 0);
});

test("a bug is told as it is, frees the slot and says nothing of the upstream", async () => {
  const tried = openAttempts((_, count) => (count <= 5 ? { breaks: "bug" } : well));
  const target = toTarget("one", { maxConcurrent: 1, queueLength: 0 });
  for (let turn = 0; turn < 5; turn += 1) await assert.rejects(tried.attempt([target, toTarget("two")]), TypeError);
  (await tried.attempt([target])).end();
  assert.equal(tried.guardOf("one").state, "closed");
});

test("whoever leaves ends whatever is going on, and frees what was taken", async () => {
  const reason = new Error("left");
  const hanging: Readonly<Record<string, Scripted>> = {
    "before the head": { breaks: "hang" },
    "before the first byte": { status: 200, ending: "hang" },
    "between two tries": overloaded,
  };
  for (const [where, script] of Object.entries(hanging)) {
    const tried = openAttempts((_, count) => (count === 1 ? script : well));
    const target = toTarget("one", { maxConcurrent: 1 });
    const leaving = new AbortController();
    const answer = tried.attempt([target, toTarget("two")], { signal: leaving.signal });
    const waiting = tried.attempt([target], { signal: leaving.signal });
    const next = tried.attempt([target]);
    await settle();
    leaving.abort(reason);
    for (const left of [answer, waiting]) await assert.rejects(left, (error) => error === reason, where);
    (await next).end();
    assert.deepEqual([tried.open, tried.sent.length, tried.guardOf("one").state], [0, 2, "closed"], where);
    assert.equal(tried.clock.pending, 0, where);
  }
});

test("a client that leaves before it has read anything frees the slot, and ends the exchange", async () => {
  const tried = openAttempts(() => well);
  const target = toTarget("one", { maxConcurrent: 1, queueLength: 0 });
  const leaving = new AbortController();
  await tried.attempt([target], { signal: leaving.signal });
  leaving.abort(new Error("left"));
  assert.equal(tried.open, 0);
  const left = await tried.attempt([target]);
  left.end();
  assert.equal(tried.open, 0);
});
