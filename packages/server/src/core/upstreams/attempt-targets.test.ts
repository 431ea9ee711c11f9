import assert from "node:assert/strict";
import { test } from "node:test";
import { FailureError, type ErrorCode } from "@gantry/contracts/errors";
import { settle } from "../ports/test-clock.ts";
import { UpstreamError } from "../ports/upstream-client.ts";
import { openAttempts, readText, toTarget, type Scripted } from "./test-attempts.ts";

const well: Scripted = { status: 200, headers: { "content-type": "text/event-stream" }, pieces: ["a", "b"] };
const overloaded: Scripted = { status: 529, pieces: ["overloaded"] };

const isFailure = (code: ErrorCode) => (error: unknown) => error instanceof FailureError && error.failure.code === code;

test("an answer goes on as it comes, and its slot is free when it is done with", async () => {
  const tried = openAttempts(() => well);
  const target = toTarget("main", { maxConcurrent: 1, queueLength: 0 });
  const attempted = await tried.attempt([target]);
  assert.equal(attempted.target, target);
  assert.deepEqual([attempted.response.status, attempted.response.headers], [200, well.headers]);
  await assert.rejects(tried.attempt([target]), isFailure("queue_full"));
  assert.equal(await readText(attempted), "ab");
  attempted.end();
  attempted.end();
  const next = await tried.attempt([target]);
  await assert.rejects(tried.attempt([target]), isFailure("queue_full"));
  next.end();
  assert.deepEqual([tried.open, tried.sent.length], [0, 2]);
});

test("what passes of itself is tried again after a wait that grows, and in the end passed on as it is", async () => {
  const tried = openAttempts((_, count) => (count < 3 ? overloaded : { status: 503, pieces: ["the last"] }));
  const answer = tried.attempt([toTarget("main", { retries: 2 })]);
  const counts: number[] = [];
  for (const ms of [249, 1, 499, 1]) {
    await settle();
    tried.clock.advance(ms);
    await settle();
    counts.push(tried.sent.length);
  }
  assert.deepEqual(counts, [1, 2, 2, 3]);
  const attempted = await answer;
  assert.equal(attempted.response.status, 503);
  assert.equal(await readText(attempted), "the last");
  attempted.end();
  assert.deepEqual([tried.open, tried.clock.pending], [0, 0]);
});

test("a wait that the upstream asks for is kept where it is short", async () => {
  const limited: Scripted = { status: 429, headers: { "retry-after": "3" } };
  const tried = openAttempts(
    (_, count) => (count === 1 ? limited : well),
    () => 0,
  );
  const answer = tried.attempt([toTarget("main", {}, ["k1"])]);
  await settle();
  tried.clock.advance(2999);
  await settle();
  assert.equal(tried.sent.length, 1);
  tried.clock.advance(1);
  assert.equal((await answer).response.status, 200);
});

test("what is the request's own fault, and a limit without an end, is passed on at once and asked of nobody else", async () => {
  for (const status of [400, 403, 404, 413]) {
    const tried = openAttempts(() => ({ status, pieces: ["no"] }));
    const attempted = await tried.attempt([toTarget("one"), toTarget("two")]);
    assert.equal(attempted.response.status, status);
    assert.equal(await readText(attempted), "no");
    assert.deepEqual([tried.sent.length, tried.logged.length], [1, 0]);
  }
  const limited = openAttempts(() => ({ status: 429, headers: { "retry-after": "3600" } }));
  assert.equal((await limited.attempt([toTarget("one")])).response.status, 429);
  assert.deepEqual([limited.sent.length, limited.clock.pending], [1, 0]);
});

test("an answer that breaks or is empty of life before its first byte is tried again; after it, never", async () => {
  const tried = openAttempts(
    (_, count) => (count === 1 ? { status: 200, ending: "broken" } : well),
    () => 0,
  );
  const answer = tried.attempt([toTarget("main")]);
  await settle();
  tried.clock.advance(0);
  assert.equal(await readText(await answer), "ab");
  assert.equal(tried.sent.length, 2);

  const late = openAttempts(() => ({ status: 200, pieces: ["begun"], ending: "broken" }));
  const attempted = await late.attempt([toTarget("one"), toTarget("two")]);
  await assert.rejects(readText(attempted), (error) => error instanceof UpstreamError && error.kind === "broken");
  assert.equal(late.sent.length, 1);
});

test("an answer without a body is an answer", async () => {
  const tried = openAttempts(() => ({ status: 200 }));
  assert.equal(await readText(await tried.attempt([toTarget("main")])), "");
});

test("targets are tried in their order, each with its own exchange", async () => {
  const scripts: Record<string, Scripted> = { one: overloaded, two: { breaks: "headers_timeout" }, three: well };
  const tried = openAttempts(({ upstream }) => scripts[upstream] ?? well);
  const targets = ["one", "two", "three", "four"].map((name) => toTarget(name, { retries: 0 }));
  const attempted = await tried.attempt(targets);
  assert.equal(attempted.target, targets[2]);
  assert.deepEqual(
    tried.sent.map(({ model }) => model),
    ["model-of-one", "model-of-two", "model-of-three"],
  );
  attempted.end();
  await settle();
  assert.equal(tried.open, 0);
});

test("where every target failed, the last one says why", async () => {
  const cases: readonly (readonly [Scripted, ErrorCode])[] = [
    [{ breaks: "connect" }, "upstream_failed"],
    [{ breaks: "first_byte_timeout" }, "upstream_timeout"],
    [{ breaks: "redirected" }, "upstream_failed"],
  ];
  for (const [last, code] of cases) {
    const tried = openAttempts(({ upstream }) => (upstream === "one" ? overloaded : last));
    const answer = tried.attempt([toTarget("one", { retries: 0 }), toTarget("two", { retries: 0 })]);
    await assert.rejects(answer, (error: unknown) => {
      assert.ok(isFailure(code)(error));
      assert.ok(error instanceof FailureError && error.cause instanceof UpstreamError);
      return true;
    });
  }
});

test("what only the operator can mend is asked of nobody else", async () => {
  const tried = openAttempts(() => ({ breaks: "redirected" }));
  await assert.rejects(tried.attempt([toTarget("one"), toTarget("two")]), isFailure("upstream_failed"));
  assert.equal(tried.sent.length, 1);
});

test("a timeout is not waited for twice", async () => {
  const tried = openAttempts(() => ({ breaks: "headers_timeout" }));
  await assert.rejects(tried.attempt([toTarget("one", { retries: 5 })]), isFailure("upstream_timeout"));
  assert.equal(tried.sent.length, 1);
});

test("a client that tries again by itself is shown the first failure of each target", async () => {
  const tried = openAttempts(() => overloaded);
  const attempted = await tried.attempt([toTarget("one"), toTarget("two")], { once: true });
  assert.equal(attempted.response.status, 529);
  assert.equal(tried.sent.length, 2);
});

test("an upstream that failed five times in a row is left alone, and the next one asked at once", async () => {
  const tried = openAttempts(({ upstream }) => (upstream === "one" ? overloaded : well));
  const targets = [toTarget("one", { retries: 0 }), toTarget("two")];
  for (let turn = 0; turn < 6; turn += 1) (await tried.attempt(targets)).end();
  assert.equal(tried.sent.filter(({ upstream }) => upstream === "one").length, 5);
  assert.equal(tried.guardOf("one").state, "open");
  await assert.rejects(tried.attempt(targets.slice(0, 1)), isFailure("upstream_circuit_open"));
  tried.clock.advance(1000);
  (await tried.attempt(targets)).end();
  assert.equal(tried.sent.filter(({ upstream }) => upstream === "one").length, 6);
  await settle();
  assert.equal(tried.open, 0);
});

test("an upstream that opens its circuit between two tries is not tried again", async () => {
  const tried = openAttempts(
    () => overloaded,
    () => 0,
  );
  const answer = tried.attempt([toTarget("one", { retries: 10 })]);
  const refused = assert.rejects(answer, isFailure("upstream_circuit_open"));
  for (let turn = 0; turn < 6; turn += 1) {
    await settle();
    tried.clock.advance(0);
  }
  await refused;
  assert.equal(tried.sent.length, 5);
});

test("a busy upstream is no reason to wait where another one is free", async () => {
  const tried = openAttempts(() => well);
  const targets = [toTarget("one", { maxConcurrent: 1, queueLength: 0 }), toTarget("two")];
  const first = await tried.attempt(targets);
  const second = await tried.attempt(targets);
  assert.deepEqual([first.target.upstream.name, second.target.upstream.name], ["one", "two"]);
  first.end();
  second.end();
});
