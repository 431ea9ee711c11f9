import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestDriver } from "../ports/test-driver.ts";
import { findExpired, isWornOut } from "./retirement.ts";
import type { Slot } from "./slot.ts";

const rules = { idleMs: 1000, waitMs: 500, mostWaits: 2, minReady: 1, maxTurns: 50, maxMemoryBytes: 800 };

function slot(id: number, state: Slot["state"], idleSince = 0): Slot {
  const rest = { agent: undefined, binding: undefined, model: undefined, conversation: undefined, lent: false };
  return { id, state, idleSince, startedAt: 0, boundAt: 0, ...rest };
}

test("used processes expire when they were idle for long enough, whatever they hold", () => {
  const slots = [
    slot(1, "clean", 0),
    slot(2, "holding", 0),
    slot(3, "clean", 1),
    slot(4, "working", 0),
    slot(5, "starting", 0),
  ];
  const expired = findExpired(slots, rules, 1000).map(({ id }) => id);
  assert.deepEqual(expired, [1, 2]);
});

test("spares are kept as long as they are the floor, and expire beyond it", () => {
  const slots = [slot(1, "spare", 0), slot(2, "spare", 10), slot(3, "spare", 20)];
  assert.deepEqual(findExpired(slots, rules, 999), []);
  assert.deepEqual(
    findExpired(slots, rules, 5000).map(({ id }) => id),
    [1, 2],
  );
  assert.deepEqual(findExpired(slots.slice(2), rules, 5000), []);
});

test("what waits for results expires by a time of its own, and the longest waiting where there are too many", async () => {
  const agent = { ...(await createTestDriver().open()), isWaiting: true };
  const waiting = (id: number, since: number): Slot => ({ ...slot(id, "holding", since), agent });
  const ids = (slots: Slot[], now: number) => findExpired(slots, rules, now).map(({ id }) => id);
  assert.deepEqual(ids([waiting(1, 0), waiting(2, 1), slot(3, "holding", 0)], 500), [1]);
  assert.deepEqual(ids([waiting(1, 30), waiting(2, 10), waiting(3, 20)], 40), [2]);
});

test("a process is worn out after its turns, or when it holds too much memory", async () => {
  const agent = await createTestDriver().open();
  const worn = (turns: number, memory: number) =>
    isWornOut({ ...slot(1, "working"), agent: { ...agent, turns, memoryBytes: () => memory } }, rules);
  assert.deepEqual(
    [worn(49, 800), worn(50, 0), worn(51, 0), worn(16, 800), worn(16, 801)],
    [false, true, true, false, true],
  );
  assert.equal(isWornOut(slot(1, "starting"), rules), false);
});
