import assert from "node:assert/strict";
import { timingSafeEqual } from "node:crypto";
import { type TestContext, test } from "node:test";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { createIdentifier } from "../../packages/server/src/core/access/identify.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import { silentLog } from "../../packages/server/src/core/ports/test-driver.ts";
import { openControl, sha256 } from "./start-admin-api.ts";

const admin = { id: "admin", address: null, policy: null };

/** A key, and who finds it on a store that counts how often it is asked and can be cut off. */
async function openIdentifier(context: TestContext) {
  const { store, control } = await openControl(context);
  const state = { now: 0, asked: 0, away: false };
  const findKey = async (publicId: string) => {
    state.asked += 1;
    if (state.away) throw new FailureError(toFailure("store_unavailable"));
    return await store.control.findKey(publicId);
  };
  const { identify } = createIdentifier({
    control: { ...store.control, findKey },
    runs: store.runs,
    clock: { ...systemClock, now: () => state.now },
    log: silentLog,
    digest: sha256,
    sameHash: (left, right) => timingSafeEqual(Buffer.from(left), Buffer.from(right)),
    isAdminKey: () => false,
  });
  const { key, text } = await control.keys.create(admin, { name: "a", projectId: "default", profile: "free" });
  const findAll = async (count: number) =>
    new Set((await Promise.all(Array.from({ length: count }, () => identify(text)))).map((found) => found?.keyId));
  return { key, text, identify, findAll, state, revoke: () => control.keys.revoke(admin, key.id) };
}

test("however many come with a key at once, the store is asked for it once", async (context) => {
  const { key, findAll, state } = await openIdentifier(context);
  assert.deepEqual(await findAll(500), new Set([key.id]));
  assert.deepEqual(await findAll(5), new Set([key.id]));
  assert.equal(state.asked, 1);
});

test("what the store said of a key is forgotten before a second is over", async (context) => {
  const { key, findAll, state, revoke } = await openIdentifier(context);
  assert.deepEqual(await findAll(1), new Set([key.id]));
  await revoke();
  state.now += 999;
  assert.deepEqual(await findAll(500), new Set([undefined]));
  assert.equal(state.asked, 2);
});

test("a store that is out of reach is told to all who wait for it, and asked again by the next", async (context) => {
  const { key, findAll, identify, state, text } = await openIdentifier(context);
  state.away = true;
  const results = await Promise.allSettled(Array.from({ length: 50 }, () => identify(text)));
  for (const result of results) {
    assert.ok(result.status === "rejected" && result.reason.failure.code === "store_unavailable");
  }
  assert.equal(state.asked, 1);
  state.away = false;
  assert.deepEqual(await findAll(3), new Set([key.id]));
});
