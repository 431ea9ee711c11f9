import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "../ports/test-clock.ts";
import type { Lease } from "./lease.ts";
import { agentOf, createTestPool, useFor, type TestPool } from "./test-pool.ts";

/** Ends a turn with calls of tools: the process waits for their results. */
function wait({ driver }: TestPool, lease: Lease, conversation: string): void {
  agentOf(driver, lease.agent).isWaiting = true;
  useFor(driver, lease, conversation);
}

test("a process that waits is found again by its conversation, and by its owner alone", async () => {
  const world = createTestPool();
  const lease = await world.acquire({});
  wait(world, lease, "k");
  const other = await world.acquire({ owner: "bob", conversation: "k" });
  assert.notEqual(other.agent.id, lease.agent.id);
  const again = await world.acquire({ conversation: "k" });
  assert.deepEqual(
    [again.agent.id, again.temperature, again.needsReplay],
    [lease.agent.id, "same-conversation", false],
  );
});

test("a process whose client does not come back is ended after its time, others later", async () => {
  const world = createTestPool({ waitMs: 20_000, idleMs: 600_000 });
  const [waits, holds] = [await world.acquire({}), await world.acquire({ system: "T" })];
  wait(world, waits, "waits");
  useFor(world.driver, holds, "holds");
  const holding = () => world.states().filter((state) => state.startsWith("holding"));
  assert.deepEqual(holding(), ["holding ada S waits", "holding ada T holds"]);
  for (let passed = 0; passed < 20; passed += 5) {
    world.clock.advance(5_000);
    await settle();
  }
  assert.deepEqual(holding(), ["holding ada T holds"]);
  assert.equal(agentOf(world.driver, waits.agent).isGone, true);
});

test("where too many wait, the one that waits longest makes room", async () => {
  const world = createTestPool({ mostWaits: 1 });
  for (const conversation of ["first", "second"]) {
    const lease = await world.acquire({ conversation });
    wait(world, lease, `${conversation} waits`);
    world.clock.advance(1_000);
    await settle();
  }
  assert.deepEqual(
    world.states().filter((state) => state.includes("waits")),
    ["holding ada S second waits"],
  );
});

test("a drain ends what waits", async () => {
  const world = createTestPool();
  const lease = await world.acquire({});
  wait(world, lease, "k");
  world.pool.drain();
  await settle();
  assert.equal(agentOf(world.driver, lease.agent).isGone, true);
});
