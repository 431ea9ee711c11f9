import assert from "node:assert/strict";
import { test } from "node:test";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { settle } from "../ports/test-clock.ts";
import { agentOf, createTestPool, useFor } from "./test-pool.ts";

const unavailable = new FailureError(toFailure("agent_unavailable"));
const seconds = 1000;

test("the floor of spares is kept full behind the requests that take them", async () => {
  const { acquire, states } = createTestPool({ maxProcesses: 6, minReady: 2 });
  (await acquire()).answering();
  await settle();
  assert.deepEqual(states(), ["working ada S", "spare", "spare"]);
  (await acquire({ owner: "bob" })).answering();
  await settle();
  assert.deepEqual(states(), ["working ada S", "working bob S", "spare", "spare"]);
});

test("a turn that begins is left alone until its model answers, but nothing is put off for ever", async () => {
  const { acquire, clock, states } = createTestPool({ maxProcesses: 9, minReady: 1 });
  (await acquire()).answering();
  await settle();
  assert.deepEqual(states(), ["working ada S", "spare"]);
  const second = await acquire({ owner: "bob" });
  await settle();
  assert.deepEqual(states(), ["working ada S", "working bob S"]);
  second.answering();
  await settle();
  assert.deepEqual(states(), ["working ada S", "working bob S", "spare"]);

  await acquire({ owner: "eve" });
  await settle();
  assert.equal(states().at(-1), "working eve S");
  clock.advance(40);
  await settle();
  assert.equal(states().at(-1), "spare");
});

test("no spare is started above the limit or while requests wait", async () => {
  const { acquire, driver, pool, states } = createTestPool({ maxProcesses: 2, minReady: 2 });
  await acquire();
  await settle();
  await acquire({ owner: "bob" });
  void acquire().catch(() => {});
  await settle();
  assert.deepEqual(states(), ["working ada S", "working bob S"]);
  assert.equal(driver.agents.length, 2);
  pool.drain();
});

test("a binding that begins a second conversation has a clean process ready for its third", async () => {
  const { acquire, clock, driver, states } = createTestPool({ maxProcesses: 6, minReady: 1 });
  useFor(driver, await acquire(), "k1");
  await settle();
  assert.deepEqual(states(), ["holding ada S k1", "spare"]);
  useFor(driver, await acquire({ conversation: "k1" }), "k2");
  clock.advance(1);
  useFor(driver, await acquire({ conversation: "k9" }), "k10");
  await settle();
  await settle();
  const third = await acquire({ conversation: "k11" });
  assert.equal(third.temperature, "clean");
});

test("in a full house conversations that go on keep their processes, and new ones find one cleared in advance", async () => {
  for (const goOn of [true, false]) {
    const { acquire, clock, driver } = createTestPool({ maxProcesses: 4, minReady: 1 });
    const conversations = ["", "", "", ""];
    const temperatures = new Set<string>();
    for (let turn = 0; turn < 12; turn += 1) {
      const leases = await Promise.all(conversations.map((key) => acquire({ conversation: goOn ? key : "" })));
      for (const [index, lease] of leases.entries()) {
        if (turn > 3) temperatures.add(lease.temperature);
        clock.advance(10);
        conversations[index] = `turn ${turn} of ${index}`;
        useFor(driver, lease, conversations[index]);
        await settle();
      }
    }
    assert.deepEqual([...temperatures], [goOn ? "same-conversation" : "clean"]);
  }
});

test("processes that are idle for their time are ended down to the spares", async () => {
  const { acquire, clock, driver, states } = createTestPool({ maxProcesses: 6, minReady: 1, idleMs: 60 * seconds });
  const leases = await Promise.all([acquire(), acquire({ owner: "bob" }), acquire({ owner: "eve" })]);
  for (const lease of leases) lease.answering();
  await settle();
  useFor(driver, leases[0], "k1");
  leases[1].release(undefined);
  await settle();
  assert.deepEqual(states(), ["holding ada S k1", "clean bob S", "working eve S", "spare"]);
  clock.advance(60 * seconds);
  await settle();
  assert.deepEqual(states(), ["working eve S", "spare"]);
  assert.deepEqual(
    driver.agents.map(({ isGone }) => isGone),
    [true, true, false, false],
  );
});

test("spares that nobody came for, because another process became free first, are ended after their time", async () => {
  const { acquire, clock, driver, states } = createTestPool({ maxProcesses: 6, idleMs: 60 * seconds });
  const lease = await acquire();
  driver.manual = true;
  const waiting = acquire();
  useFor(driver, lease, "");
  await settle();
  driver.manual = false;
  useFor(driver, await waiting, "k2");
  for (const step of driver.steps.slice()) step.finish();
  await settle();
  assert.deepEqual(states(), ["holding ada S k2", "spare"]);
  clock.advance(65 * seconds);
  await settle();
  assert.deepEqual(states(), []);
});

test("after failed starts nothing is started in advance for a while, longer each time, and at last again", async () => {
  const { acquire, clock, driver } = createTestPool({ minReady: 1, maxProcesses: 4 });
  await acquire();
  driver.manual = true;
  await settle();
  const starts: number[] = [];
  let known = driver.agents.length;
  driver.agents.at(-1)?.crash();
  for (let ms = 0; ms < 120 * seconds; ms += 250) {
    clock.advance(250);
    await settle();
    if (driver.agents.length > known) starts.push(clock.now());
    known = driver.agents.length;
    for (const step of driver.steps.filter(({ name }) => name === "open")) step.fail(unavailable);
    await settle();
  }
  const pauses = starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
  assert.ok(pauses.length > 2 && pauses.length < 12, `pauses ${pauses.join(" ")}`);
  assert.ok(
    pauses.every((pause, index) => index === 0 || pause >= (pauses[index - 1] ?? 0)),
    `pauses ${pauses.join(" ")}`,
  );
  assert.ok(pauses.every((pause) => pause <= 35 * seconds));
});

test("a program that ends right behind its start is not started again and again", async () => {
  const { acquire, clock, driver } = createTestPool({ minReady: 1, maxProcesses: 4 });
  await acquire();
  await settle();
  for (let round = 0; round < 50; round += 1) {
    driver.agents.at(-1)?.crash();
    await settle();
    clock.advance(100);
    await settle();
  }
  assert.ok(driver.agents.length < 8, `${driver.agents.length} were started`);
});

test("draining refuses those who wait and those who come, ends what is idle, and lets running turns end", async () => {
  const { acquire, driver, pool, states } = createTestPool({ maxProcesses: 2 });
  const running = await acquire();
  useFor(driver, await acquire({ owner: "bob" }), "k");
  const other = await acquire({ owner: "bob" });
  const waiting = acquire();
  pool.drain();
  const draining = (error: unknown) => error instanceof FailureError && error.failure.code === "draining";
  await assert.rejects(waiting, draining);
  await assert.rejects(acquire(), draining);
  await assert.rejects(pool.prime({ owner: "ada", system: "" }), draining);
  other.release(undefined);
  assert.equal(agentOf(driver, running.agent).isClosing, false);
  assert.deepEqual(states(), ["working ada S", "working bob S"]);
});

test("stopping ends every process and every wait, also without a drain, and may be done twice", async () => {
  const { acquire, clock, driver, pool } = createTestPool({ maxProcesses: 2, minReady: 1 });
  const lease = await acquire({ owner: "bob" });
  await acquire();
  const waiting = acquire({ owner: "eve" });
  await Promise.all([pool.stop(), assert.rejects(waiting), pool.stop()]);
  lease.release("k");
  await settle();
  assert.equal(
    driver.agents.every(({ isGone }) => isGone),
    true,
  );
  assert.equal(clock.pending, 0);
  assert.deepEqual(pool.slots(), []);
});

test("a process whose start was overtaken by the stop is ended when it comes", async () => {
  const { acquire, driver, pool } = createTestPool();
  driver.manual = true;
  const refused = assert.rejects(acquire());
  await pool.stop();
  driver.manual = false;
  driver.steps[0]?.finish();
  await refused;
  await settle();
  assert.equal(driver.agents[0]?.isGone, true);
});

test("a primed process is clean for its binding, and takes the place of an idle one in a full house", async () => {
  const { acquire, driver, pool, states } = createTestPool({ maxProcesses: 1 });
  useFor(driver, await acquire({ owner: "bob" }), "k");
  const agent = await pool.prime({ owner: "ada", system: "S" });
  assert.deepEqual(states(), ["clean ada S"]);
  const lease = await acquire();
  assert.deepEqual([lease.agent, lease.temperature], [agent, "clean"]);
  await assert.rejects(pool.prime({ owner: "ada", system: "S" }), /busy/);
});
