import assert from "node:assert/strict";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { databaseName, openSqliteStore } from "../../packages/server/src/adapters/store/sqlite/open-sqlite-store.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import type { JobQueue } from "../../packages/server/src/core/ports/job-queue.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import { runStatement, startPostgres } from "../harness/start-postgres.ts";
import { openNode } from "./open-node.ts";

const done = { status: "completed", content: "one", usage: { input_tokens: 2, output_tokens: 1, total_tokens: 3 } };
const old = {
  input: {
    items: [
      { id: "a", prompt: "say 'one'" },
      { id: "b", prompt: "two" },
    ],
    model: "haiku",
    parallel: 2,
  },
  address: null,
  results: [{ ...done, cost: 0.000_014 }, null],
  cancelled: false,
};

const toText = (value: unknown): string => `'${JSON.stringify(value).replaceAll("'", "''")}'`;
/** Takes the migration back, with those that came after it, and lays down a batch as it was kept before. */
const undoing = [
  "drop index jobs_news",
  "alter table jobs drop column news",
  "drop table job_items",
  "drop table conversations",
  "drop table responses",
  "delete from kysely_migration where name >= '0009'",
  `insert into jobs (id, kind, project_id, key_id, phase, status, priority, not_before, project_limit, key_limit, lease_node, lease_until,
    attempts, fence, version, body, created_at, updated_at)
  values ('batch_a', 'batch', 'prj_a', 'key_a', 'running', 'running', 0, 0, 9, 9, 'node_a', 99, 1, 1, 2, ${toText(old)}, 1, 2)`,
];

async function check({ jobs }: { readonly jobs: JobQueue }): Promise<void> {
  const items = await jobs.readItems("batch_a");
  assert.deepEqual(
    items.map(({ body, result }) => [JSON.parse(body), result && JSON.parse(result)]),
    old.input.items.map((item, place) => [item, old.results[place]]),
  );
  assert.deepEqual(await jobs.openPlaces("batch_a"), [1]);
  assert.deepEqual(await jobs.sumItems(["batch_a"]), [
    { jobId: "batch_a", status: "completed", count: 1, costMicros: 14, tokens: 3 },
  ]);
  // Whoever held it knows nothing of items.
  const change = { status: "running", body: "{}", now: 3 };
  assert.equal(await jobs.note({ id: "batch_a", fence: 1 }, change), undefined);
  const [claimed] = await jobs.claim({ kind: "batch", nodeId: "node_b", now: 3, leaseUntil: 99, limit: 1 });
  const { digest, ...body } = JSON.parse(claimed?.body ?? "") as Record<string, unknown>;
  assert.match(String(digest), /^[0-9a-f]{64}$/);
  assert.deepEqual(body, { model: "haiku", parallel: 2, total: 2, address: null, cancelled: false });
}

test("a batch of before, with its results, goes on after its items were moved to rows of their own", async (context) => {
  await context.test("embedded", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-moved-"));
    const open = (): Promise<Store> =>
      openSqliteStore({ directory: folder.path, clock: systemClock, onFailure: assert.fail });
    await (await open()).close();
    const file = new DatabaseSync(join(folder.path, databaseName));
    for (const statement of undoing) file.exec(statement);
    file.close();
    const store = await open();
    await check(store).finally(() => store.close());
  });
  await context.test("PostgreSQL", async () => {
    const postgres = await startPostgres();
    try {
      const url = await postgres.createDatabase();
      await (await openNode(url)).close();
      for (const statement of undoing) await runStatement(url, statement);
      const store = await openNode(url);
      await check(store).finally(() => store.close());
    } finally {
      await postgres.stop();
    }
  });
});
