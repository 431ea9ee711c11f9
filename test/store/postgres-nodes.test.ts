import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import {
  minuteMs,
  noon,
  sampleBudget,
  sampleEntry,
  sampleRequest,
  sampleUsage,
  toMicros,
} from "../../packages/server/src/adapters/store/shared/conformance/samples.ts";
import { readVerifiedAudit } from "../../packages/server/src/adapters/store/shared/conformance/audit-conformance.ts";
import type { RateLimiter } from "../../packages/server/src/core/ports/rate-limiter.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import { runStatement, startPostgres, type Postgres } from "../harness/start-postgres.ts";
import { openNode } from "./open-node.ts";

let postgres: Postgres;
before(async () => {
  postgres = await startPostgres();
});
after(() => postgres.stop());

/** Two nodes on one new database, closed when the test ends. */
async function openNodes(context: TestContext, url?: string): Promise<readonly [Store, Store]> {
  const database = url ?? (await postgres.createDatabase());
  const [first, second] = await Promise.all([openNode(database), openNode(database)]);
  context.after(() => Promise.all([first.close(), second.close()]));
  return [first, second];
}

const everything = { from: 0, to: noon + minuteMs };

test("two nodes keep one budget, however many reserve at once", async (context) => {
  const nodes = await openNodes(context);
  await nodes[0].control.createBudget("bud_1", sampleBudget({ limit: 1000 }), noon);
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      nodes[index % 2 === 0 ? 0 : 1].ledger.reserve(sampleRequest(`r${index}`, 7)),
    ),
  );
  const reserved = outcomes.flatMap(({ kind }, index) => (kind === "reserved" ? [index] : []));
  assert.equal(reserved.length, 142);
  assert.ok(outcomes.every(({ kind }) => kind === "reserved" || kind === "over_budget"));
  assert.partialDeepStrictEqual(await nodes[1].control.getBudget("bud_1", noon), { spent: 0, reserved: 994 });

  // Settled by the other node than the one that reserved.
  await Promise.all(
    reserved.map((index) => {
      const id = `r${index}`;
      return nodes[index % 2 === 0 ? 1 : 0].ledger.settle(id, toMicros(5), sampleUsage(id, 5), sampleEntry(id));
    }),
  );
  assert.partialDeepStrictEqual(await nodes[0].control.getBudget("bud_1", noon), { spent: 710, reserved: 0 });
  assert.equal((await nodes[1].usage.sum(everything, "project"))[0]?.costMicros, 710);
  assert.equal((await readVerifiedAudit(nodes[0].audit)).length, 142);
});

test("a request that both nodes reserve and settle is billed once", async (context) => {
  const nodes = await openNodes(context);
  await nodes[0].control.createBudget("bud_1", sampleBudget(), noon);
  await Promise.all(nodes.map(({ ledger }) => ledger.reserve(sampleRequest("r", 60))));
  assert.partialDeepStrictEqual(await nodes[0].control.getBudget("bud_1", noon), { reserved: 60 });
  const settled = await Promise.all(
    nodes.map(({ ledger }) => ledger.settle("r", toMicros(50), sampleUsage("r", 50), sampleEntry("request:r"))),
  );
  assert.deepEqual(settled.toSorted(), [false, true]);
  assert.partialDeepStrictEqual(await nodes[1].control.getBudget("bud_1", noon), { spent: 50, reserved: 0 });
});

test("two nodes expire a dead node's reservations once", async (context) => {
  const nodes = await openNodes(context);
  await nodes[0].control.createBudget("bud_1", sampleBudget({ limit: 100_000 }), noon);
  await Promise.all(Array.from({ length: 1200 }, (_, index) => nodes[0].ledger.reserve(sampleRequest(`r${index}`, 5))));
  await nodes[0].ledger.reserve(sampleRequest("kept", 5, { nodeId: "node-b" }));
  await nodes[1].ledger.renew("node-b", noon + 10 * minuteMs);
  const numbers = await Promise.all(nodes.map(({ ledger }) => ledger.expire(noon + 2 * minuteMs)));
  assert.equal((numbers[0] ?? 0) + (numbers[1] ?? 0), 1200);
  assert.partialDeepStrictEqual(await nodes[0].control.getBudget("bud_1", noon), { spent: 0, reserved: 5 });
});

test("what the database refuses fails alone, and its neighbours are committed", async (context) => {
  const [{ ledger, usage }] = await openNodes(context);
  const results = await Promise.allSettled([
    ledger.record(sampleUsage("good", 1), sampleEntry("request:good")),
    ledger.record(sampleUsage("half", 0.5), sampleEntry("request:half")),
    ledger.record(sampleUsage("undated", 1, { at: Number.NaN }), sampleEntry("request:undated")),
    ledger.record(sampleUsage("also good", 2), sampleEntry("request:also good")),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected", "rejected", "fulfilled"],
  );
  assert.equal((await usage.sum(everything, "project"))[0]?.costMicros, 3);
});

test("text that no column can hold is stored in a form that the audit chain still fits", async (context) => {
  const [{ ledger, audit, usage }] = await openNodes(context);
  const id = "request \0 \ud800 '";
  assert.deepEqual(await ledger.reserve(sampleRequest(id, 5)), { kind: "reserved" });
  assert.deepEqual(await ledger.reserve(sampleRequest(id, 5)), { kind: "reserved" });
  assert.equal(await ledger.settle(id, toMicros(5), sampleUsage(id, 5), sampleEntry(id)), true);
  assert.deepEqual(await ledger.reserve(sampleRequest(id, 5)), { kind: "settled" });
  assert.equal((await readVerifiedAudit(audit))[0]?.target, "request \uFFFD \uFFFD '");
  assert.equal((await usage.list(everything, { limit: 5 })).items.length, 1);
});

test("nodes that start at once migrate a new database once", async (context) => {
  const url = await postgres.createDatabase();
  const stores = await Promise.all(Array.from({ length: 5 }, () => openNode(url)));
  context.after(() => Promise.all(stores.map((store) => store.close())));
  const pages = await Promise.all(stores.map(({ control }) => control.listProjects({ limit: 10 })));
  for (const { items } of pages) assert.equal(items.length, 1);
});

test("a database that a newer Gantry has migrated is refused, and left as it is", async (context) => {
  const url = await postgres.createDatabase();
  await openNodes(context, url);
  await runStatement(url, "insert into kysely_migration (name, timestamp) values ('9999-later', '2030-01-01')");
  await assert.rejects(openNode(url), { name: "StoreError", message: /newer Gantry.*9999-later/ });
});

test("a database that cannot be used is refused in one line, without the password", async () => {
  const missing = new URL(await postgres.createDatabase());
  missing.pathname = "/none";
  await assert.rejects(openNode(missing.href), {
    name: "StoreError",
    message: /database "none" does not exist/,
  });
  const closedPort = "postgresql://someone:hunter2@127.0.0.1:1/gantry";
  await assert.rejects(openNode(closedPort), (error: Error) => {
    assert.match(error.message, /cannot be opened: .*ECONNREFUSED/);
    assert.doesNotMatch(error.message, /hunter2/);
    return true;
  });
  for (const url of ["mysql://host/gantry", "gantry.db", "postgresql://:bad:port/", ""]) {
    await assert.rejects(openNode(url), { name: "StoreError", message: /postgresql:\/\// });
  }
});

test("a store measures a durable write, and refuses a backup and every call after its end in words", async () => {
  const store = await openNode(await postgres.createDatabase());
  assert.ok((await store.ping()) > 0);
  await assert.rejects(store.backup("/nowhere"), { message: /pg_dump/ });
  const last = store.ledger.record(sampleUsage("last", 1), sampleEntry("request:last"));
  await Promise.all([store.close(), store.close()]);
  assert.equal(await last, true);
  const calls = [
    () => store.ledger.reserve(sampleRequest("late", 1)),
    () => store.audit.append(sampleEntry("late")),
    () => readRates(store).take("key", { requestsPerMinute: 1 }, 0, noon),
    () => store.ping(),
  ];
  for (const call of calls) {
    await assert.rejects(
      call(),
      (error: { failure?: { code?: string } }) => error.failure?.code === "store_unavailable",
    );
  }
});

/** Of a store that shares its rates. */
function readRates({ rates }: Store): RateLimiter {
  assert.ok(rates);
  return rates;
}
