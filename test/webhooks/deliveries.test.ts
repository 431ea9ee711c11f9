import Anthropic from "@anthropic-ai/sdk";
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import { type OpenStore, openEmbedded, openOnServer } from "../control/start-admin-api.ts";
import { eventually } from "../processes/hosting.ts";
import {
  makeWebhook,
  openWay,
  sampleEvent,
  startEndpoint,
  type Endpoint,
  type Received,
} from "./webhook-under-test.ts";

const stores: readonly [string, OpenStore][] = [
  ["sqlite", openEmbedded],
  ["postgres", openOnServer],
];

/** A clock whose calendar a test moves on. */
function createMovableClock() {
  let ahead = 0;
  return {
    ...systemClock,
    epoch: () => Date.now() + ahead,
    move(ms: number) {
      ahead += ms;
    },
  };
}

function startWay(t: TestContext, store: Store, endpoint: Endpoint, clock = createMovableClock()) {
  const way = openWay(store, endpoint, clock);
  way.dispatcher.start();
  t.after(() => way.dispatcher.stop());
  return { ...way, clock };
}

const listOf = async (store: Store, id: string) => (await store.webhooks.listDeliveries(id, { limit: 100 })).items;

for (const [name, open] of stores) {
  test(`${name}: an event reaches each endpoint once, signed so that the vendor's SDK takes it`, async (t) => {
    const endpoint = await startEndpoint(t);
    const store = await open(t, systemClock);
    const { outbox } = startWay(t, store, endpoint);
    const first = await makeWebhook(store, "whk_1", `${endpoint.url}/1`);
    await makeWebhook(store, "whk_2", `${endpoint.url}/2`);
    await makeWebhook(store, "whk_3", `${endpoint.url}/3`, ["session.created"]);
    await Promise.all([outbox.enqueue(sampleEvent(1)), outbox.enqueue(sampleEvent(1))]);
    await outbox.enqueue(sampleEvent(2, { sessionThreadId: "sthr_a", type: "session.thread_idled" }));
    await endpoint.until(4);
    assert.deepEqual(endpoint.received.map(({ path, headers }) => `${path} ${headers["webhook-id"]}`).toSorted(), [
      "/1 event_1",
      "/1 event_2",
      "/2 event_1",
      "/2 event_2",
    ]);
    const got = endpoint.received.find(({ path, headers }) => path === "/1" && headers["webhook-id"] === "event_1");
    assert.ok(got !== undefined);
    const client = new Anthropic({ apiKey: "none" });
    const event = client.beta.webhooks.unwrap(got.body, { headers: got.headers, key: first });
    assert.deepEqual(event, {
      type: "event",
      id: "event_1",
      created_at: "2026-11-20T12:00:00.000Z",
      data: { type: "session.status_idled", id: "sesn_a", organization_id: "org_gantry", workspace_id: "prj_a" },
    });
    const other = endpoint.received.find(({ path }) => path === "/2");
    assert.throws(() =>
      client.beta.webhooks.unwrap(String(other?.body), { headers: other?.headers ?? {}, key: first }),
    );
    const changed = got.body.replace("sesn_a", "sesn_b");
    assert.throws(() => client.beta.webhooks.unwrap(changed, { headers: got.headers, key: first }));
    assert.partialDeepStrictEqual(
      JSON.parse(endpoint.received.find(({ body }) => body.includes("sthr_a"))?.body ?? ""),
      {
        data: { session_thread_id: "sthr_a" },
      },
    );
    const deliveries = async () =>
      (await listOf(store, "whk_1")).map(({ state, lastStatus }) => `${state} ${lastStatus}`);
    while ((await deliveries()).join() !== "delivered 204,delivered 204") await new Promise(setImmediate);
  });

  test(`${name}: what was queued and claimed by a server that is gone reaches its endpoint from the next one`, async (t) => {
    const endpoint = await startEndpoint(t);
    const store = await open(t, systemClock);
    await makeWebhook(store, "whk_1", `${endpoint.url}/`);
    for (let id = 1; id <= 9; id += 1) await openWay(store, endpoint).outbox.enqueue(sampleEvent(id));
    const now = Date.now();
    // It had begun with some of them.
    await store.webhooks.claim({ now, until: now + 120_000, limit: 4, perWebhook: 4 });
    const { clock, dispatcher } = startWay(t, store, endpoint);
    // Until they are noted as delivered: a claim that ends before that would have them sent again.
    while ((await listOf(store, "whk_1")).filter(({ state }) => state === "delivered").length < 5) {
      await new Promise(setImmediate);
    }
    clock.move(121_000);
    dispatcher.wake();
    await endpoint.until(9);
    assert.equal(new Set(endpoint.received.map(({ headers }) => headers["webhook-id"])).size, 9);
  });
}

test("a failure is tried again with the same id and a new signature, later each time, until it is taken", async (t) => {
  const answers = [500, 302, 404, 200];
  const endpoint = await startEndpoint(t, () => answers.shift() ?? 200);
  const store = await openEmbedded(t, systemClock);
  const secret = await makeWebhook(store, "whk_1", `${endpoint.url}/`);
  const { outbox, clock, dispatcher } = startWay(t, store, endpoint);
  await outbox.enqueue(sampleEvent(1));
  const waits: number[] = [];
  const errors: (string | null)[] = [];
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    await endpoint.until(attempt);
    let delivery;
    do [delivery] = await listOf(store, "whk_1");
    while (
      delivery?.lastError === undefined ||
      delivery.attempts !== attempt ||
      errors.includes(delivery.lastError) ||
      delivery.lastError === null
    );
    errors.push(delivery.lastError);
    const wait = (delivery.nextAttemptAt ?? 0) - clock.epoch();
    waits.push(Math.round(wait / 5_000));
    clock.move(wait + 1);
    dispatcher.wake();
  }
  await endpoint.until(4);
  assert.deepEqual(errors, ["answered 500", "redirected with 302, which is not followed", "answered 404"]);
  assert.deepEqual(waits, [1, 4, 16]);
  const client = new Anthropic({ apiKey: "none", webhookKey: secret });
  const timestamps = endpoint.received.map(({ headers }) => headers["webhook-timestamp"]);
  assert.equal(new Set(timestamps).size, 4);
  assert.equal(new Set(endpoint.received.map(({ body, headers }) => `${headers["webhook-id"]} ${body}`)).size, 1);
  const first = endpoint.received[0];
  assert.ok(first !== undefined);
  client.beta.webhooks.unwrap(first.body, { headers: first.headers });
  // An old message that somebody plays again is out of the receiver's window.
  const old = { ...first.headers, "webhook-timestamp": String(Number(first.headers["webhook-timestamp"]) - 301) };
  assert.throws(() => client.beta.webhooks.unwrap(first.body, { headers: old }), /too old/);
});

test("an endpoint that fails 20 times in a row is disabled; enabled again, it gets what waits", async (t) => {
  let status = 503;
  const endpoint = await startEndpoint(t, () => status);
  const store = await openEmbedded(t, systemClock);
  await makeWebhook(store, "whk_1", `${endpoint.url}/`);
  const { outbox, clock, dispatcher } = startWay(t, store, endpoint);
  for (let id = 1; id <= 4; id += 1) await outbox.enqueue(sampleEvent(id));
  let webhook;
  let attempts = 0;
  do {
    clock.move(7 * 3_600_000);
    dispatcher.wake();
    // An attempt that outlived its claim would be made again beside itself, so the clock stands while one is under way.
    const before = attempts;
    do {
      attempts = (await listOf(store, "whk_1")).reduce((sum, delivery) => sum + delivery.attempts, 0);
      webhook = await store.webhooks.get("whk_1");
      await new Promise(setImmediate);
    } while (attempts === before || webhook?.failuresInARow !== attempts);
  } while (webhook.failuresInARow < 20);
  while (webhook?.disabled === false) webhook = await store.webhooks.get("whk_1");
  assert.ok(webhook !== undefined && webhook.failuresInARow >= 20 && webhook.failuresInARow <= 23);
  const before = endpoint.received.length;
  await outbox.enqueue(sampleEvent(5));
  clock.move(7 * 3_600_000);
  dispatcher.wake();
  status = 200;
  await store.webhooks.update("whk_1", { disabled: false });
  clock.move(7 * 3_600_000);
  dispatcher.wake();
  await endpoint.until(before + 4);
  // What happened while it was disabled is not for it.
  assert.ok(!endpoint.received.some(({ headers }) => headers["webhook-id"] === "event_5"));
});

test("while a secret is being changed a receiver with either of them takes the message", async (t) => {
  const endpoint = await startEndpoint(t);
  const store = await openEmbedded(t, systemClock);
  const old = await makeWebhook(store, "whk_1", `${endpoint.url}/`);
  const next = `whsec_${Buffer.from("a".repeat(32)).toString("base64")}`;
  await store.webhooks.rotate("whk_1", next, Date.now() + 3_600_000);
  const { outbox, clock } = startWay(t, store, endpoint);
  await outbox.enqueue(sampleEvent(1));
  await endpoint.until(1);
  clock.move(3_602_000);
  await outbox.enqueue(sampleEvent(2));
  await endpoint.until(2);
  const client = new Anthropic({ apiKey: "none" });
  const takes = (got: Received | undefined, key: string): boolean => {
    try {
      const now = { ...got?.headers };
      client.beta.webhooks.unwrap(got?.body ?? "", { headers: now, key });
      return true;
    } catch (error) {
      return /too new/.test(String(error));
    }
  };
  const signatures = endpoint.received.map(({ headers }) => headers["webhook-signature"]?.split(" ").length);
  assert.deepEqual(signatures, [2, 1]);
  assert.deepEqual([takes(endpoint.received[0], old), takes(endpoint.received[0], next)], [true, true]);
});

test("a stop lets go of what is under way, and the next start makes it again", async (t) => {
  let hold = true;
  const endpoint = await startEndpoint(t, () => (hold ? 100 : 200));
  const store = await openEmbedded(t, systemClock);
  await makeWebhook(store, "whk_1", `${endpoint.url}/`);
  const first = openWay(store, endpoint);
  first.dispatcher.start();
  await first.outbox.enqueue(sampleEvent(1));
  // A status of 100 is no answer yet.
  await endpoint.until(1);
  await Promise.all([first.dispatcher.stop(), first.dispatcher.stop()]);
  assert.partialDeepStrictEqual(await listOf(store, "whk_1"), [{ state: "pending", lastError: "the server stopped" }]);
  assert.partialDeepStrictEqual(await store.webhooks.get("whk_1"), { failuresInARow: 0 });
  hold = false;
  startWay(t, store, endpoint);
  await endpoint.until(2);
  await eventually(() => endpoint.received.length === 2, "it is sent once more");
});
