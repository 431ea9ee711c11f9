import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type CompletionEvent, noUsage } from "@gantry/contracts/completion";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { hasCode } from "../../packages/server/src/adapters/store/shared/conformance/samples.ts";
import { adminProfile } from "../../packages/server/src/core/access/admin-profile.ts";
import { createBilling } from "../../packages/server/src/core/budgets/billing.ts";
import { createInMemoryRateLimiter } from "../../packages/server/src/core/budgets/in-memory-rate-limiter.ts";
import { createPriceTable } from "../../packages/server/src/core/budgets/price-table.ts";
import { createModelChooser } from "../../packages/server/src/core/completions/choose-model.ts";
import type {
  CompletionService,
  StartedAnswer,
} from "../../packages/server/src/core/completions/completion-service.ts";
import { createMeteredCompletions } from "../../packages/server/src/core/completions/create-metered-completions.ts";
import { createLateBookings } from "../../packages/server/src/core/budgets/late-bookings.ts";
import { createUpstreamGuard } from "../../packages/server/src/core/upstreams/upstream-guard.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import type { Ledger } from "../../packages/server/src/core/ports/ledger.ts";
import { silentLog } from "../../packages/server/src/core/ports/test-driver.ts";
import { defaultRoutingRules } from "../../packages/server/src/core/routing/routing-rules.ts";
import { noon, openControl, sha256 } from "./start-admin-api.ts";

const usage = { ...noUsage, inputTokens: 100, outputTokens: 20 };

async function* answer(model: string): AsyncGenerator<CompletionEvent, void, undefined> {
  yield { type: "answer.started", model };
  yield { type: "text.delta", text: "An answer." };
  yield { type: "answer.finished", reason: "stop", usage, costMicros: 270 };
}

/** Agents that answer at once. */
const agents: CompletionService = {
  complete: async ({ completion: { model } }) => ({
    temperature: "clean",
    model,
    events: answer(model),
    modelWaitMs: () => 0,
  }),
  models: async () => [{ id: "claude-haiku-4-5", aliases: ["haiku"], displayName: "Haiku" }],
  knownModels: () => [],
  status: () => assert.fail("nobody asks"),
};

/** One request with a budget of its project, on a ledger whose calls are those of `cut` while the store is away. */
async function openRequest(context: TestContext, cut: (ledger: Ledger) => Partial<Ledger>) {
  const { store, control } = await openControl(context);
  const state = { away: true };
  const cutOff: Ledger = { ...store.ledger, ...cut(store.ledger) };
  const current = (): Ledger => (state.away ? cutOff : store.ledger);
  const ledger: Ledger = {
    ...store.ledger,
    reserve: (wanted) => current().reserve(wanted),
    settle: (...given) => current().settle(...given),
  };
  const late = createLateBookings(silentLog);
  const metered = createMeteredCompletions({
    inner: agents,
    billing: createBilling({
      ledger,
      late,
      rates: createInMemoryRateLimiter(),
      prices: createPriceTable(),
      clock: { ...systemClock, epoch: () => noon },
      log: silentLog,
      nodeId: "node_a",
      leaseMs: 30_000,
      onSettled: () => {},
    }),
    cache: store.cache,
    guardOf: () => createUpstreamGuard(systemClock),
    chooser: createModelChooser(defaultRoutingRules, async () => []),
    clock: { ...systemClock, epoch: () => noon },
    log: silentLog,
    digest: sha256,
    driver: "claude",
  });
  const budget = await control.budgets.create(
    { id: "admin", address: null, policy: null },
    { subject: "project", subjectId: "prj_default", unit: "tokens", window: "lifetime", limit: 100_000, shadow: false },
  );
  return {
    late,
    state,
    complete: () =>
      metered.complete({
        requestId: "req_1",
        principal: {
          keyId: "key_a",
          keyName: "a",
          projectId: "prj_default",
          owner: "prj_default",
          scopes: ["inference"],
          profile: adminProfile,
          limits: {},
          aliases: {},
          cache: { enabled: false, maxAgeSeconds: 1 },
        },
        completion: { model: "haiku", system: "", messages: [], sampling: {} },
        address: null,
        payloadDigest: null,
        signal: new AbortController().signal,
      }),
    async read() {
      const { spent, reserved } = await control.budgets.get(budget.id);
      const { items } = await store.usage.list({ from: 0, to: noon + 1 }, { limit: 10 });
      return { spent, isReserved: reserved > 0, booked: items.map(({ outcome, costMicros }) => [outcome, costMicros]) };
    },
  };
}

async function readAll({ events }: Pick<StartedAnswer, "events">): Promise<CompletionEvent[]> {
  const all: CompletionEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const away = () => Promise.reject(new FailureError(toFailure("store_unavailable")));

test("an answer that cannot be booked did not come to its end, and is booked once when the store is back", async (context) => {
  const request = await openRequest(context, () => ({ settle: away }));
  const last = (await readAll(await request.complete())).at(-1);
  assert.ok(last?.type === "answer.failed" && last.error.code === "store_unavailable");
  await request.late.retry();
  assert.deepEqual(await request.read(), { spent: 0, isReserved: true, booked: [] });
  request.state.away = false;
  await request.late.retry();
  await request.late.retry();
  assert.deepEqual(await request.read(), { spent: 120, isReserved: false, booked: [["completed", 270]] });
});

test("a booking whose answer was lost with the connection is not done twice", async (context) => {
  const request = await openRequest(context, (ledger) => ({
    settle: async (...given) => (await ledger.settle(...given)) && away(),
  }));
  await readAll(await request.complete());
  request.state.away = false;
  await request.late.retry();
  assert.deepEqual(await request.read(), { spent: 120, isReserved: false, booked: [["completed", 270]] });
});

test("what was reserved although nobody heard of it is freed", async (context) => {
  const request = await openRequest(context, (ledger) => ({
    reserve: async (wanted) => (await ledger.reserve(wanted)) && away(),
  }));
  await assert.rejects(request.complete(), hasCode("store_unavailable"));
  assert.deepEqual(await request.read(), { spent: 0, isReserved: true, booked: [] });
  request.state.away = false;
  await request.late.retry();
  assert.deepEqual(await request.read(), { spent: 0, isReserved: false, booked: [["failed", 0]] });
});

test("what was never reserved leaves nothing to be booked", async (context) => {
  const request = await openRequest(context, () => ({ reserve: away }));
  await assert.rejects(request.complete(), hasCode("store_unavailable"));
  request.state.away = false;
  await request.late.retry();
  assert.deepEqual(await request.read(), { spent: 0, isReserved: false, booked: [] });
});
