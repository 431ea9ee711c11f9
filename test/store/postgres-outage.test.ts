import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import pg from "pg";
import { readVerifiedAudit } from "../../packages/server/src/adapters/store/shared/conformance/audit-conformance.ts";
import {
  minuteMs,
  noon,
  sampleBudget,
  sampleEntry,
  sampleRequest,
  sampleUsage,
  toMicros,
} from "../../packages/server/src/adapters/store/shared/conformance/samples.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import { endConnections } from "../harness/postgres-connections.ts";
import { eventually } from "../harness/server-state.ts";
import { isLocalPostgres, runStatement, startPostgres, type Postgres } from "../harness/start-postgres.ts";
import { openNode } from "./open-node.ts";

let postgres: Postgres;
before(async () => {
  postgres = await startPostgres();
});
after(() => postgres.stop());

async function open(context: TestContext, url: string): Promise<Store> {
  const store = await openNode(url);
  context.after(() => store.close());
  return store;
}

const isUnavailable = (error: { readonly failure?: { readonly code?: string } }): boolean =>
  error.failure?.code === "store_unavailable";

/** Holds a table until the test ends, so that whoever needs it waits in the midst of what it does. */
async function holdTable(context: TestContext, url: string, table: string): Promise<pg.Client> {
  const holder = new pg.Client({ connectionString: url });
  // It is cut off with the others.
  holder.on("error", () => {});
  await holder.connect();
  context.after(() => holder.end());
  await holder.query(`begin; lock table ${table} in access exclusive mode`);
  return holder;
}

function untilWaiting(url: string, count: number): Promise<void> {
  return eventually(async () => {
    const waiting = await runStatement(
      url,
      "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return waiting.length === count;
  }, `${count} connections wait for a lock`);
}

test("a node that is cut off in the midst of a batch changes nothing, and goes on by itself", async (context) => {
  const url = await postgres.createDatabase();
  const store = await open(context, url);
  await store.control.createBudget("bud_1", sampleBudget(), noon);
  await holdTable(context, url, "budget_windows");
  const cutOff = [
    store.ledger.reserve(sampleRequest("r", 60)),
    store.ledger.record(sampleUsage("cached", 0), sampleEntry("request:cached")),
    store.control.listBudgets({ limit: 5 }, noon),
  ];
  const settled = Promise.allSettled(cutOff);
  await untilWaiting(url, 2);
  await endConnections(url);
  for (const result of await settled) assert.ok(result.status === "rejected" && isUnavailable(result.reason));

  assert.partialDeepStrictEqual(await store.control.getBudget("bud_1", noon), { spent: 0, reserved: 0 });
  assert.equal(await store.audit.head(), undefined);
  assert.deepEqual(await store.ledger.reserve(sampleRequest("r", 60)), { kind: "reserved" });
  assert.equal(await store.ledger.settle("r", toMicros(50), sampleUsage("r", 50), sampleEntry("request:r")), true);
  assert.equal((await readVerifiedAudit(store.audit)).length, 1);
});

test("nodes that are cut off again and again bill every request once", async (context) => {
  const url = await postgres.createDatabase();
  const nodes = [await open(context, url), await open(context, url)];
  await nodes[0]?.control.createBudget("bud_1", sampleBudget({ limit: 1_000_000 }), noon);
  let cuts = 0;
  let working = true;

  /** As a client does: what failed for want of the store is done again. */
  async function insist<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        assert.ok(isUnavailable(error as { failure?: { code?: string } }), String(error));
      }
    }
  }
  async function work(ledger: Store["ledger"], worker: number): Promise<void> {
    // Until it was cut off a few times, and then for a while.
    for (let index = 0; index < 20 || cuts < 5; index++) {
      const id = `r${worker}-${index}`;
      assert.deepEqual(await insist(() => ledger.reserve(sampleRequest(id, 7))), { kind: "reserved" });
      await insist(() => ledger.settle(id, toMicros(3), sampleUsage(id, 3), sampleEntry(`request:${id}`)));
    }
  }
  async function cut(): Promise<void> {
    while (working) if ((await endConnections(url)) > 0) cuts += 1;
  }
  const cutting = cut();
  const workers = Array.from({ length: 16 }, (_, worker) => work((nodes[worker % 2] ?? assert.fail()).ledger, worker));
  await Promise.all(workers).finally(() => (working = false));
  await cutting;

  const store = nodes[0] ?? assert.fail();
  const [sum] = await store.usage.sum({ from: 0, to: noon + minuteMs }, "project");
  assert.ok(sum !== undefined && sum.requests >= 16 * 20);
  assert.partialDeepStrictEqual(await store.control.getBudget("bud_1", noon), { spent: sum.costMicros, reserved: 0 });
  assert.equal(sum.costMicros, 3 * sum.requests);
  const audited = (await readVerifiedAudit(store.audit)).map(({ target }) => target);
  assert.equal(audited.length, sum.requests);
  assert.equal(new Set(audited).size, sum.requests);
});

test(
  "while PostgreSQL is gone every call says so; when it is back, all is there and goes on",
  { skip: !isLocalPostgres() && "the server is not ours to end" },
  async (context) => {
    const store = await open(context, await postgres.createDatabase());
    await store.control.createBudget("bud_1", sampleBudget(), noon);
    await store.ledger.reserve(sampleRequest("before", 10));
    await store.audit.append(sampleEntry("key:1"));
    await store.rates?.take("key", { requestsPerMinute: 5 }, 0, noon);

    await postgres.kill9();
    const calls: readonly (() => unknown)[] = [
      () => store.ledger.reserve(sampleRequest("during", 10)),
      () => store.ledger.expire(noon + 2 * minuteMs),
      () => store.audit.append(sampleEntry("key:2")),
      () => store.control.findKey("none"),
      () => store.rates?.take("key", { requestsPerMinute: 5 }, 0, noon),
      () => store.ping(),
    ];
    for (const call of calls) await assert.rejects(async () => call(), isUnavailable);

    await postgres.restart();
    assert.partialDeepStrictEqual(await store.control.getBudget("bud_1", noon), { spent: 0, reserved: 10 });
    assert.deepEqual(await store.ledger.reserve(sampleRequest("before", 10)), { kind: "reserved" });
    assert.equal(
      await store.ledger.settle("before", toMicros(9), sampleUsage("before", 9), sampleEntry("request:before")),
      true,
    );
    assert.equal((await store.rates?.take("key", { requestsPerMinute: 5 }, 0, noon))?.allowed, true);
    assert.ok((await store.ping()) > 0);
    assert.equal((await readVerifiedAudit(store.audit)).length, 2);
  },
);
