import type { Batch } from "@gantry/contracts/batches";
import type { UsageRow } from "@gantry/contracts/usage";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { readApi } from "../harness/admin.ts";
import { waitUntilNone } from "../harness/processes.ts";
import { startPostgres, type Postgres } from "../harness/start-postgres.ts";
import { type Managed, startManaged } from "../managed/start-managed.ts";

const parallel = 2;

describe("batches on servers that share a PostgreSQL database", () => {
  let postgres: Postgres;
  let doomed: Managed;
  let other: Managed;
  before(async () => {
    postgres = await startPostgres();
    const env = { GANTRY_DATABASE_URL: await postgres.createDatabase() };
    doomed = await startManaged({ env });
    other = await startManaged({ env });
  });
  after(async () => {
    await Promise.all([doomed.gantry.stop(), other.gantry.stop()]);
    await postgres.stop();
  });

  async function hand(prompts: readonly string[]): Promise<string> {
    const body = { prompts, wait: 0, parallel, model: "haiku" };
    const response = await doomed.send("POST", "/v1/batch", { body });
    assert.equal(response.status, 202);
    return ((await response.json()) as Batch).id;
  }
  /** As the other server tells it, which does not work on it. */
  async function until(id: string, isMeant: (batch: Batch) => boolean): Promise<Batch> {
    for (;;) {
      const batch = await readApi<Batch>(other.gantry, "GET", `/v1/batch/${id}`);
      if (isMeant(batch)) return batch;
      assert.equal(batch.ended_at, null, JSON.stringify(batch));
      await pause(100);
    }
  }

  test("a batch is seen and cancelled on another server than its own", async () => {
    const id = await hand(["[[demo:say quick]]", "[[demo:hang]]", "[[demo:say never]]", "[[demo:hang]]"]);
    await until(id, ({ completed }) => completed === 2);
    const cancel = await other.send("POST", `/v1/batch/${id}/cancel`);
    assert.equal(cancel.status, 200);
    const { completed, failed } = await until(id, ({ status }) => status === "cancelled");
    assert.deepEqual([completed, failed], [2, 2]);
  });

  test("a batch goes on at another server when its own was killed, and repeats nothing that was kept", async () => {
    const total = 12;
    const id = await hand(Array.from({ length: total }, (_, index) => `[[demo:delay 300]] [[demo:say item ${index}]]`));
    const before = await until(id, ({ completed }) => completed >= 4);
    await doomed.gantry.kill9();
    await waitUntilNone(doomed.gantry.processes);
    const ended = await until(id, ({ status }) => status === "completed");
    assert.deepEqual(
      ended.results.map(({ content }) => content),
      Array.from({ length: total }, (_, index) => `item ${index}`),
    );
    for (const result of before.results)
      assert.deepEqual(
        ended.results.find((one) => one.id === result.id),
        result,
      );
    const { data } = await readApi<{ data: UsageRow[] }>(other.gantry, "GET", "/v1/admin/usage?limit=100");
    const answered = data.filter(({ outcome }) => outcome === "completed").length - 2;
    // Only what was being answered when its server died may have been asked twice.
    assert.ok(answered >= total && answered <= total + parallel, `${answered} answers`);
  });
});
