import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import { noon, openEmbedded, openOnServer } from "../control/start-admin-api.ts";
import { admin, hourMs, minuteMs, openStage, outcomesOf, tasksOf, toInput } from "./open-stage.ts";

for (const [name, openStore] of [
  ["the embedded store", openEmbedded],
  ["PostgreSQL", openOnServer],
] as const) {
  test(`on ${name} each slot gives one task, however many servers look for it at one time`, async (context) => {
    const { store, time, node, another, callerOf, keyId } = await openStage(context, openStore);
    const caller = await callerOf(keyId);
    const made = await Promise.all(
      [1, 2, 3].map((number) => node.service.create(caller, toInput({ name: `${number}` }))),
    );
    const nodes = [node, another(), another()];
    for (const moment of [noon + 59 * minuteMs, noon + hourMs, noon + hourMs + 2_000, noon + 2 * hourMs]) {
      time.now = moment;
      await Promise.all(nodes.flatMap(({ runner }) => [runner.look(), runner.look()]));
    }
    for (const { id } of made) {
      assert.equal((await tasksOf(store, id)).length, 2);
      const seen = await node.service.get(caller.principal, id);
      assert.deepEqual(outcomesOf(seen), ["started 14:00 1", "started 13:00 1"]);
      assert.equal(seen.next_run_at, new Date(noon + 3 * hourMs).toISOString());
    }
    const audit = (await store.audit.read({ action: "task.created" }, 0, 100)).map(({ actor }) => actor);
    assert.deepEqual(
      audit,
      Array.from({ length: 6 }, () => keyId),
    );
  });
}

test("after a time without a server the newest slot is run where it is not too late, and the others are told", async (context) => {
  const { store, time, node, another, callerOf, keyId } = await openStage(context);
  const caller = await callerOf(keyId);
  const kind = await node.service.create(caller, toInput());
  const strict = await node.service.create(caller, toInput({ catch_up_seconds: 0 }));
  time.now = noon + 5 * hourMs + 30 * minuteMs;
  await another().runner.look();
  const show = async (id: string) => outcomesOf(await node.service.get(caller.principal, id));
  assert.deepEqual(await show(kind.id), ["started 17:00 1", "missed 13:00 4"]);
  assert.deepEqual(await show(strict.id), ["missed 13:00 5"]);
  assert.equal((await tasksOf(store, kind.id)).length, 1);
  assert.equal((await tasksOf(store, strict.id)).length, 0);
  const told = await store.audit.read({ action: "schedule.missed" }, 0, 9);
  assert.deepEqual(
    told.map(({ actor, target, detail }) => [actor, target, detail?.slice(0, 6)]).toSorted(),
    [
      ["system", `schedule:${kind.id}`, "4 from"],
      ["system", `schedule:${strict.id}`, "5 from"],
    ].toSorted(),
  );
});

test("a schedule pauses itself where its key is not good any more, or a budget is used up, and says why", async (context) => {
  const { store, control, time, node, callerOf, keyId } = await openStage(context);
  const { key } = await control.keys.create(admin, {
    name: "b",
    projectId: "default",
    profile: "pro",
    scopes: ["tasks"],
  });
  const [first, second] = [await callerOf(keyId), await callerOf(key.id)];
  const revoked = await node.service.create(first, toInput());
  const poor = await node.service.create(second, toInput({ cron: "30 * * * *" }));
  await control.keys.revoke(admin, keyId);
  const budget = {
    subject: "key",
    subjectId: key.id,
    unit: "micros",
    window: "lifetime",
    limit: 5,
    shadow: false,
  } as const;
  const { id: budgetId } = await control.budgets.create(admin, budget);
  await spend(store, key.id, second.principal.projectId);
  time.now = noon + hourMs;
  await node.runner.look();
  const show = (id: string) => node.service.get(second.principal, id);
  const paused = await show(revoked.id);
  assert.deepEqual(
    [paused.paused, paused.paused_reason, paused.next_run_at],
    [true, "The key of this schedule is not good any more.", null],
  );
  const used = await show(poor.id);
  assert.deepEqual([used.paused, used.paused_reason], [true, `The budget ${budgetId} of its key is used up.`]);
  assert.deepEqual(outcomesOf(used), ["refused 12:30 1"]);
  assert.deepEqual([(await tasksOf(store, revoked.id)).length, (await tasksOf(store, poor.id)).length], [0, 0]);
  const told = await store.audit.read({ action: "schedule.paused" }, 0, 9);
  assert.deepEqual(new Set(told.map(({ actor }) => actor)), new Set(["system"]));
  // Whoever resumes it answers for it from then on; what passed while it was paused was not missed.
  const resumed = await node.service.update(second, revoked.id, { paused: false });
  assert.deepEqual(
    [resumed.key_id, resumed.paused_reason, resumed.next_run_at],
    [key.id, null, iso(noon + 2 * hourMs)],
  );
});

async function spend({ ledger }: Store, keyId: string, projectId: string): Promise<void> {
  const at = { nodeId: "n", now: noon, leaseUntil: noon + hourMs, projectId, keyId, runId: null };
  const amounts = { micros: 5, tokens: 0 };
  await ledger.reserve({ ...at, requestId: "r", model: "m", driver: "d", profile: "pro@1", amounts });
  const tokens = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };
  const usage = { at: noon, projectId, keyId, runId: null, model: "m", driver: "d", tokens, latencyMs: 0 } as const;
  await ledger.settle(
    "r",
    amounts,
    { ...usage, id: "r", costMicros: 5, firstTokenMs: null, outcome: "completed", profile: "pro@1" },
    {
      at: noon,
      actor: "x",
      action: "y",
      target: "z",
      projectId,
      address: null,
      policy: null,
      result: "ok",
      detail: null,
      payloadDigest: null,
    },
  );
}

const iso = (at: number): string => new Date(at).toISOString();

test("a full queue is tried again while the slot may be caught up, and a refusal pauses", async (context) => {
  const { store, control, time, node, another, callerOf, keyId } = await openStage(context);
  const caller = await callerOf(keyId);
  const full = another(0);
  const made = await full.service.create(caller, toInput());
  time.now = noon + hourMs;
  await full.runner.look();
  assert.equal((await tasksOf(store, made.id)).length, 0);
  // It is left to whoever comes half a minute later.
  await node.runner.look();
  time.now += 31_000;
  await another().runner.look();
  assert.equal((await tasksOf(store, made.id)).length, 1);
  time.now = noon + 2 * hourMs;
  await full.runner.look();
  time.now += hourMs + minuteMs;
  await full.runner.look();
  const seen = await node.service.get(caller.principal, made.id);
  assert.deepEqual(outcomesOf(seen), ["refused 14:00 1", "started 13:00 1"]);
  await control.keys.update(admin, keyId, { scopes: ["inference"] });
  time.now += hourMs;
  await another().runner.look();
  assert.match((await node.service.get(caller.principal, made.id)).paused_reason ?? "", /scope "tasks"/);
});
