import assert from "node:assert/strict";
import { test } from "node:test";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { settle } from "../ports/test-clock.ts";
import { agentOf, createTestPool, useFor } from "./test-pool.ts";

const failsWith = (code: string) => (error: unknown) => error instanceof FailureError && error.failure.code === code;
const unavailable = new FailureError(toFailure("agent_unavailable"));

test("the first request starts a process, and the next turn of its conversation goes back to it", async () => {
  const { driver, acquire, states } = createTestPool();
  const first = await acquire();
  assert.equal(first.temperature, "cold");
  assert.equal(first.needsReplay, true);
  useFor(driver, first, "k1");
  assert.deepEqual(states(), ["holding ada S k1"]);

  const next = await acquire({ conversation: "k1" });
  assert.equal(next.temperature, "same-conversation");
  assert.equal(next.needsReplay, false);
  assert.equal(next.agent, first.agent);
});

test("a process that waits uninitialised is a spare, one that was cleared before it was asked for is clean", async () => {
  const { driver, acquire, clock, states } = createTestPool({ minReady: 1 });
  const first = await acquire();
  first.answering();
  await settle();
  clock.advance(1);
  assert.deepEqual(states(), ["working ada S", "spare"]);
  const second = await acquire({ owner: "bob" });
  assert.equal(second.temperature, "spare");
  agentOf(driver, first.agent).condition = "dirty";
  first.release(undefined);
  await settle();
  const third = await acquire();
  assert.equal(third.temperature, "clean");
  assert.equal(third.agent, first.agent);
  assert.deepEqual(agentOf(driver, third.agent).calls, ["initialise", "clear"]);
});

test("a conversation that another one has to give way to is cleared first", async () => {
  const { driver, acquire } = createTestPool({ maxProcesses: 1 });
  useFor(driver, await acquire(), "k1");
  const other = await acquire({ conversation: "k2" });
  assert.equal(other.temperature, "clean");
  assert.equal(other.needsReplay, true);
  assert.deepEqual(agentOf(driver, other.agent).conversation, []);
});

test("a full house ends the process that was idle longest for whoever cannot use one", async () => {
  const { driver, acquire, clock, states } = createTestPool({ maxProcesses: 2 });
  for (const owner of ["ada", "bob"]) {
    useFor(driver, await acquire({ owner }), "k");
    clock.advance(10);
  }
  await acquire({ owner: "eve" });
  assert.deepEqual(states(), ["holding bob S k", "working eve S"]);
  assert.equal(driver.agents[0]?.isClosing, true);
});

test("what is released twice is given back once", async () => {
  const { driver, acquire, states } = createTestPool();
  const lease = await acquire();
  useFor(driver, lease, "k1");
  lease.release(undefined);
  await settle();
  assert.deepEqual(states(), ["holding ada S k1"]);
});

test("requests beyond the queue's length are refused at once, with a time to come back", async () => {
  const { acquire } = createTestPool({ maxProcesses: 1, queueLength: 1 });
  await acquire();
  const waiting = acquire();
  await assert.rejects(
    acquire(),
    (error) => failsWith("queue_full")(error) && (error as FailureError).failure.retryAfterMs === 1000,
  );
  assert.equal(await Promise.race([waiting, "waits"]), "waits");
});

test("a request that waits too long is refused, and its place is free again", async () => {
  const { acquire, clock, pool } = createTestPool({ maxProcesses: 1, queueLength: 1 });
  await acquire();
  const late = acquire();
  clock.advance(999);
  assert.equal(pool.queueLength, 1);
  clock.advance(1);
  await assert.rejects(late, failsWith("queue_timeout"));
  assert.equal(pool.queueLength, 0);
});

test("a request whose client left while it waited fails with the signal's reason and takes no process", async () => {
  const { acquire, driver, pool } = createTestPool({ maxProcesses: 1 });
  const busy = await acquire();
  const leaving = new AbortController();
  const gone = acquire({}, leaving.signal);
  const next = acquire();
  leaving.abort(new Error("left"));
  await assert.rejects(gone, /left/);
  assert.equal(pool.queueLength, 1);
  useFor(driver, busy, "k");
  assert.equal((await next).agent, busy.agent);
  await assert.rejects(acquire({}, AbortSignal.abort(new Error("left before"))), /left before/);
});

test("a client that leaves while its process is made ready gives it back clean", async () => {
  const { acquire, driver, states } = createTestPool();
  driver.manual = true;
  const leaving = new AbortController();
  const gone = acquire({}, leaving.signal);
  driver.steps[0]?.finish();
  await settle();
  assert.deepEqual(
    driver.steps.map(({ name }) => name),
    ["initialise"],
  );
  leaving.abort(new Error("left"));
  driver.manual = false;
  driver.steps[0]?.finish();
  await assert.rejects(gone, /left/);
  await settle();
  assert.deepEqual(states(), ["clean ada S"]);
});

test("a request that gave up while its process was made ready does not wait again when that fails", async () => {
  for (const giveUp of ["leave", "time"] as const) {
    const { acquire, clock, driver, pool } = createTestPool({ maxProcesses: 1 });
    driver.manual = true;
    const leaving = new AbortController();
    const gone = acquire({}, leaving.signal);
    driver.steps[0]?.finish();
    await settle();
    if (giveUp === "leave") leaving.abort(new Error("left"));
    else clock.advance(1000);
    driver.steps[0]?.fail(unavailable);
    await assert.rejects(gone, giveUp === "leave" ? /left/ : failsWith("queue_timeout"));
    assert.equal(pool.queueLength, 0);
  }
});

test("a start that fails is told to the request that waits for it", async () => {
  const { acquire, driver, states } = createTestPool();
  driver.manual = true;
  const first = acquire();
  const second = acquire({ owner: "bob" });
  assert.deepEqual(states(), ["starting", "starting"]);
  driver.steps[0]?.fail(unavailable);
  await assert.rejects(first, failsWith("agent_unavailable"));
  driver.manual = false;
  driver.steps[0]?.finish();
  assert.equal((await second).temperature, "cold");
});

test("a process that fails when it is made ready is replaced once, then the failure is told", async () => {
  const { acquire, driver } = createTestPool();
  driver.manual = true;
  const failing = assert.rejects(acquire(), failsWith("agent_unavailable"));
  for (const name of ["open", "initialise", "open", "initialise"]) {
    const step = driver.steps.find((each) => each.name === name);
    assert.ok(step, name);
    if (name === "open") step.finish();
    else step.fail(unavailable);
    await settle();
  }
  await failing;
  assert.deepEqual(
    driver.agents.map(({ isClosing }) => isClosing),
    [true, true],
  );
});

test("a process that dies idle is forgotten, and one that dies at work makes room for those who wait", async () => {
  const { acquire, driver, states } = createTestPool({ maxProcesses: 1 });
  useFor(driver, await acquire(), "k");
  driver.agents[0]?.crash();
  await settle();
  assert.deepEqual(states(), []);

  const lost = await acquire();
  const next = acquire();
  agentOf(driver, lost.agent).crash();
  const { temperature, agent } = await next;
  assert.equal(temperature, "cold");
  assert.notEqual(agent, lost.agent);
  lost.release("k");
  await settle();
  assert.deepEqual(states(), ["working ada S"]);
});

test("a process that cannot be cleared is ended", async () => {
  const { acquire, driver, states } = createTestPool();
  const lease = await acquire();
  driver.manual = true;
  lease.release(undefined);
  assert.deepEqual(states(), ["working ada S"]);
  driver.steps[0]?.fail(new Error("no"));
  await settle();
  assert.deepEqual(states(), []);
  assert.deepEqual(
    driver.steps.map(({ name }) => name),
    ["close"],
  );
});

test("a process whose turn broke it is ended", async () => {
  const { acquire, driver, states } = createTestPool();
  const lease = await acquire();
  agentOf(driver, lease.agent).condition = "broken";
  lease.release("k");
  await settle();
  assert.deepEqual(states(), []);
  assert.equal(driver.agents[0]?.isGone, true);
});

test("a process that is worn out is ended behind its turn, and a new one serves", async () => {
  for (const [turns, memory] of [
    [100, 0],
    [16, 1001],
  ] as const) {
    const { acquire, driver } = createTestPool();
    const lease = await acquire();
    const agent = agentOf(driver, lease.agent);
    agent.turns = turns - 1;
    agent.memory = memory;
    useFor(driver, lease, "k");
    const next = await acquire({ conversation: "k" });
    assert.equal(agent.isClosing, true);
    assert.equal(next.temperature, "cold");
  }
});

test("a long history starts a process that holds it, and nobody else is given that one", async () => {
  const { pool, acquire, driver } = createTestPool({ maxProcesses: 2 });
  driver.manual = true;
  const history = [{ role: "user" as const, content: [{ type: "text" as const, text: "h" }] }];
  const need = { owner: "ada", system: "S", model: "model-one", conversation: "k", prefersSeeding: true };
  const seeded = pool.acquire(need, history, new AbortController().signal);
  const other = acquire({ owner: "bob" });
  assert.deepEqual(
    driver.steps.map(({ name }) => name),
    ["openSeeded", "open"],
  );
  driver.manual = false;
  for (const step of driver.steps.slice()) step.finish();
  const lease = await seeded;
  assert.deepEqual([lease.temperature, lease.needsReplay], ["cold", false]);
  assert.equal(agentOf(driver, lease.agent).conversation, history);
  assert.notEqual((await other).agent, lease.agent);
});

test("a start from a history that fails is told, and makes room for those who wait", async () => {
  const { pool, acquire, driver } = createTestPool({ maxProcesses: 1 });
  driver.manual = true;
  const need = { owner: "ada", system: "S", model: "model-one", conversation: "k", prefersSeeding: true };
  const seeded = pool.acquire(need, [], new AbortController().signal);
  const other = acquire();
  driver.manual = false;
  driver.steps[0]?.fail(unavailable);
  await assert.rejects(seeded, failsWith("agent_unavailable"));
  assert.equal((await other).temperature, "cold");
});
