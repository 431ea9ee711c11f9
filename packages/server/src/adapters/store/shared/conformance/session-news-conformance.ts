import assert from "node:assert/strict";
import type { WebhookStore } from "../../../../core/ports/webhook-store.ts";
import { noon } from "./samples.ts";
import { sampleCommit, sampleEvent, sampleSession } from "./session-samples.ts";
import type { Describe } from "./store-under-test.ts";
import { sampleQueuedEvent, sampleWebhook } from "./webhook-samples.ts";

const told = async (webhooks: WebhookStore, id: string): Promise<string[]> =>
  (await webhooks.listDeliveries(id, { limit: 100 })).items.map(({ eventId }) => eventId).toSorted();

/** What webhooks are told of sessions is committed with what it tells of. */
export function describeSessionNews(describe: Describe): void {
  describe("what webhooks are told of a step is queued with it, and is there after a crash that follows at once", async ({
    sessions,
    webhooks,
  }, tested) => {
    await webhooks.create(sampleWebhook("whk_all"));
    await webhooks.create(sampleWebhook("whk_idled", { events: ["session.status_idled", "session.deleted"] }));
    await webhooks.create(sampleWebhook("whk_foreign", { projectId: "prj_b" }));
    await webhooks.create(sampleWebhook("whk_off"));
    await webhooks.update("whk_off", { disabled: true });
    await sessions.create(sampleSession("sesn_a", { news: [sampleQueuedEvent("made \0")] }));
    const news = [
      sampleQueuedEvent("ran", { type: "session.status_run_started", body: '{"run":1}', now: noon + 7 }),
      sampleQueuedEvent("idled", { type: "session.status_idled" }),
    ];
    const committed = await sessions.commit(sampleCommit("sesn_a", 1, { events: [sampleEvent("a")], news }));
    assert.equal(committed.kind, "committed");
    const again = await tested.crash();
    assert.deepEqual(await told(again.webhooks, "whk_all"), ["idled", "made \ufffd", "ran"]);
    assert.deepEqual(await told(again.webhooks, "whk_idled"), ["idled"]);
    assert.deepEqual(await told(again.webhooks, "whk_foreign"), []);
    assert.deepEqual(await told(again.webhooks, "whk_off"), []);
    const claim = { now: noon + 7, until: noon + 8, limit: 10, perWebhook: 10 };
    const ran = (await again.webhooks.claim(claim)).find(({ eventId }) => eventId === "ran");
    assert.deepEqual(ran, {
      id: "whk_all.ran",
      webhookId: "whk_all",
      eventId: "ran",
      body: '{"run":1}',
      attempts: 1,
      createdAt: noon + 7,
    });
    const gone = [sampleQueuedEvent("gone", { type: "session.deleted" })];
    assert.equal(await again.sessions.remove("sesn_a", gone), true);
    assert.deepEqual(await told(again.webhooks, "whk_idled"), ["gone", "idled"]);
  });

  describe("of a step that is not taken nothing is told, and what is told twice is one delivery", async ({
    sessions,
    webhooks,
  }) => {
    await webhooks.create(sampleWebhook("whk_a"));
    const claim = { scope: "key_a send", key: "once", digest: "d1", answer: {} };
    await sessions.create(sampleSession("sesn_a", { claim }));
    const news = (id: string) => [sampleQueuedEvent(id)];
    const repeated = await sessions.create(sampleSession("sesn_b", { claim, news: news("repeated") }));
    assert.equal(repeated.kind, "repeated");
    const outcomes = [
      await sessions.commit(sampleCommit("sesn_a", 1, { claim, news: news("repeated") })),
      await sessions.commit(sampleCommit("sesn_a", 9, { news: news("stale") })),
      await sessions.commit(sampleCommit("sesn_a", 1, { fence: 9, news: news("fenced") })),
      await sessions.commit(sampleCommit("sesn_none", 1, { news: news("gone") })),
    ];
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ["repeated", "stale", "fenced", "gone"],
    );
    assert.equal(await sessions.remove("sesn_none", news("gone")), false);
    assert.deepEqual(await told(webhooks, "whk_a"), []);
    await webhooks.enqueue(sampleQueuedEvent("same"));
    const twice = sampleCommit("sesn_a", 1, { events: [sampleEvent("a")], news: [...news("same"), ...news("new")] });
    assert.equal((await sessions.commit(twice)).kind, "committed");
    assert.deepEqual(await told(webhooks, "whk_a"), ["new", "same"]);
  });
}
