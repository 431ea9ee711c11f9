import assert from "node:assert/strict";
import type { WebhookStore } from "../../../../core/ports/webhook-store.ts";
import { dayMs, hasCode, minuteMs, noon, readPages } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";
import { sampleQueuedEvent as sampleEvent, sampleWebhook } from "./webhook-samples.ts";

const claimAt = (now: number, changes = {}) => ({
  now,
  until: now + minuteMs,
  limit: 100,
  perWebhook: 100,
  ...changes,
});
const claimIds = async (webhooks: WebhookStore, now: number, changes = {}) =>
  (await webhooks.claim(claimAt(now, changes))).map(({ id }) => id).toSorted();

export function describeWebhooks(describe: Describe): void {
  describe("a webhook is shown without its secrets, and found with them", async ({ webhooks }) => {
    const created = await webhooks.create(sampleWebhook("whk_a", { events: ["session.created"], description: "d" }));
    assert.deepEqual(created, {
      id: "whk_a",
      projectId: "prj_a",
      url: "https://hooks.example/whk_a",
      events: ["session.created"],
      description: "d",
      answerLinks: false,
      disabled: false,
      failuresInARow: 0,
      pausedUntil: 0,
      createdAt: noon,
    });
    assert.deepEqual(await webhooks.get("whk_a"), created);
    const secrets = { secret: "whsec_whk_a", previousSecret: null, previousUntil: 0, linkSecret: null };
    assert.deepEqual(await webhooks.find("whk_a"), { ...created, ...secrets });
    assert.deepEqual(await webhooks.rotate("whk_a", "whsec_new", noon + 5), created);
    const rotated = { secret: "whsec_new", previousSecret: "whsec_whk_a", previousUntil: noon + 5, linkSecret: null };
    assert.deepEqual(await webhooks.find("whk_a"), { ...created, ...rotated });
    await webhooks.update("whk_a", { linkSecret: "bGluaw==" });
    assert.equal((await webhooks.find("whk_a"))?.linkSecret, "bGluaw==");
    assert.equal((await webhooks.update("whk_a", { description: "e" }))?.answerLinks, true);
    assert.equal((await webhooks.update("whk_a", { linkSecret: null }))?.answerLinks, false);
    await assert.rejects(webhooks.create(sampleWebhook("whk_a")), hasCode("conflict"));
    for (const nothing of [webhooks.get("none"), webhooks.find("none"), webhooks.rotate("none", "s", 1)]) {
      assert.equal(await nothing, undefined);
    }
  });

  describe("webhooks are changed, listed newest first and removed with what waits for them", async ({ webhooks }) => {
    for (const [index, id] of ["whk_1", "whk_2", "whk_3"].entries()) {
      await webhooks.create(
        sampleWebhook(id, { projectId: id === "whk_2" ? "prj_b" : "prj_a", createdAt: noon + index }),
      );
    }
    const list = async (projectId?: string) =>
      (await readPages(1, (page) => webhooks.list(projectId === undefined ? page : { ...page, projectId }))).map(
        ({ id }) => id,
      );
    assert.deepEqual(await list(), ["whk_3", "whk_2", "whk_1"]);
    assert.deepEqual(await list("prj_a"), ["whk_3", "whk_1"]);
    const changed = await webhooks.update("whk_1", {
      url: "http://b.example/",
      events: ["agent.created"],
      disabled: true,
    });
    assert.partialDeepStrictEqual(changed, { url: "http://b.example/", events: ["agent.created"], disabled: true });
    assert.equal(await webhooks.update("none", { disabled: true }), undefined);

    await webhooks.enqueue(sampleEvent("event_1"));
    assert.equal(await webhooks.remove("whk_3"), true);
    assert.equal(await webhooks.remove("whk_3"), false);
    assert.deepEqual(await webhooks.listDeliveries("whk_3", { limit: 9 }), { items: [], nextCursor: null });
  });

  describe("an event is queued once for each endpoint that wants it", async ({ webhooks }) => {
    await webhooks.create(sampleWebhook("whk_all"));
    await webhooks.create(sampleWebhook("whk_type", { events: ["agent.created", "session.created"] }));
    await webhooks.create(sampleWebhook("whk_other", { events: ["agent.created"] }));
    await webhooks.create(sampleWebhook("whk_project", { projectId: "prj_b" }));
    await webhooks.create(sampleWebhook("whk_off"));
    await webhooks.update("whk_off", { disabled: true });
    await Promise.all(Array.from({ length: 5 }, () => webhooks.enqueue(sampleEvent("event_1", { body: "{}" }))));
    assert.deepEqual(await claimIds(webhooks, noon), ["whk_all.event_1", "whk_type.event_1"]);
    await webhooks.enqueue(sampleEvent("event_1", { body: "another" }));
    assert.deepEqual(await claimIds(webhooks, noon), []);
    const [again] = await webhooks.claim(claimAt(noon + minuteMs, { limit: 1 }));
    assert.partialDeepStrictEqual(again, { eventId: "event_1", body: "{}", attempts: 2, createdAt: noon });

    const test = await webhooks.enqueueFor("whk_other", sampleEvent("event_2", { type: "webhook.test" }));
    assert.deepEqual(test, {
      id: "whk_other.event_2",
      webhookId: "whk_other",
      eventId: "event_2",
      type: "webhook.test",
      state: "pending",
      attempts: 0,
      nextAttemptAt: noon,
      lastStatus: null,
      lastError: null,
      createdAt: noon,
      deliveredAt: null,
    });
    assert.equal(await webhooks.enqueueFor("none", sampleEvent("event_2")), undefined);
  });

  describe("of those that claim at one time each delivery goes to one, and few of one endpoint", async ({
    webhooks,
  }) => {
    for (const id of ["whk_a", "whk_b"]) await webhooks.create(sampleWebhook(id));
    for (let index = 0; index < 10; index += 1)
      await webhooks.enqueue(sampleEvent(`event_${index}`, { now: noon + index }));
    const few = await webhooks.claim(claimAt(noon + 10, { perWebhook: 3, limit: 5 }));
    assert.equal(few.length, 5);
    assert.ok(["whk_a", "whk_b"].every((id) => few.filter(({ webhookId }) => webhookId === id).length <= 3));
    const claims = await Promise.all(Array.from({ length: 8 }, () => claimIds(webhooks, noon + 10, { limit: 4 })));
    const taken = [...few.map(({ id }) => id), ...claims.flat()];
    assert.equal(new Set(taken).size, taken.length);
    taken.push(...(await claimIds(webhooks, noon + 10)));
    assert.equal(new Set(taken).size, 20);
  });

  describe("what was claimed is due again when the claim is over, also after a crash", async ({ webhooks }, tested) => {
    await webhooks.create(sampleWebhook("whk_a"));
    await webhooks.enqueue(sampleEvent("event_1"));
    assert.equal(await webhooks.nextDue(), noon);
    assert.equal((await claimIds(webhooks, noon)).length, 1);
    const after = (await tested.crash()).webhooks;
    assert.deepEqual(await claimIds(after, noon + 1), []);
    assert.equal(await after.nextDue(), noon + minuteMs);
    assert.equal((await claimIds(after, noon + minuteMs)).length, 1);
  });

  describe("an attempt is noted, and made again when it is due or asked for", async ({ webhooks }) => {
    await webhooks.create(sampleWebhook("whk_a"));
    await webhooks.enqueue(sampleEvent("event_1"));
    await webhooks.enqueue(sampleEvent("event_2"));
    await webhooks.claim(claimAt(noon));
    await webhooks.settle("whk_a.event_1", { state: "delivered", status: 204, error: null, at: noon + 1 });
    await webhooks.settle("whk_a.event_2", { state: "pending", status: 500, error: "answered 500", at: noon + 9 });
    const { items } = await webhooks.listDeliveries("whk_a", { limit: 9 });
    assert.deepEqual(
      items.map(({ state, lastStatus, lastError, nextAttemptAt, deliveredAt }) => [
        state,
        lastStatus,
        lastError,
        nextAttemptAt,
        deliveredAt,
      ]),
      [
        ["pending", 500, "answered 500", noon + 9, null],
        ["delivered", 204, null, null, noon + 1],
      ],
    );
    assert.deepEqual(await claimIds(webhooks, noon + 8), []);
    assert.deepEqual(await claimIds(webhooks, noon + 9), ["whk_a.event_2"]);
    assert.partialDeepStrictEqual(await webhooks.redeliver("whk_a", "whk_a.event_1", noon + 10), {
      state: "pending",
      attempts: 0,
    });
    assert.deepEqual(await claimIds(webhooks, noon + 10), ["whk_a.event_1"]);
    assert.equal(await webhooks.redeliver("whk_b", "whk_a.event_1", noon), undefined);
    assert.deepEqual(await readPages(1, (page) => webhooks.listDeliveries("whk_a", page)).then((all) => all.length), 2);
  });

  describe("an endpoint that rests or is disabled gets nothing, and begins anew when it is enabled", async ({
    webhooks,
  }) => {
    await webhooks.create(sampleWebhook("whk_a"));
    await webhooks.enqueue(sampleEvent("event_1"));
    assert.deepEqual([await webhooks.countFailure("whk_a"), await webhooks.countFailure("whk_a")], [1, 2]);
    assert.equal(await webhooks.countFailure("none"), 0);
    await webhooks.pause("whk_a", noon + 5);
    assert.deepEqual(await claimIds(webhooks, noon + 4), []);
    assert.equal(await webhooks.nextDue(), noon + 5);
    await webhooks.update("whk_a", { disabled: true });
    assert.deepEqual(await claimIds(webhooks, noon + 9), []);
    assert.equal(await webhooks.nextDue(), undefined);
    assert.partialDeepStrictEqual(await webhooks.update("whk_a", { disabled: false }), {
      failuresInARow: 0,
      pausedUntil: 0,
    });
    assert.equal((await claimIds(webhooks, noon + 4)).length, 1);
    await webhooks.countFailure("whk_a");
    await webhooks.clearFailures("whk_a");
    assert.partialDeepStrictEqual(await webhooks.get("whk_a"), { failuresInARow: 0 });
  });

  describe("what is long over is forgotten", async ({ webhooks }) => {
    await webhooks.create(sampleWebhook("whk_a"));
    for (const [id, now] of [
      ["event_1", noon],
      ["event_2", noon + dayMs],
    ] as const) {
      await webhooks.enqueue(sampleEvent(id, { now }));
      await webhooks.claim(claimAt(now));
      await webhooks.settle(`whk_a.${id}`, { state: "delivered", status: 200, error: null, at: now });
    }
    await webhooks.forget(noon + 1);
    const { items } = await webhooks.listDeliveries("whk_a", { limit: 9 });
    assert.deepEqual(
      items.map(({ eventId }) => eventId),
      ["event_2"],
    );
  });
}
