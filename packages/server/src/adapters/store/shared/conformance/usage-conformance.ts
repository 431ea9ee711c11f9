import assert from "node:assert/strict";
import type { UsageGrouping } from "@gantry/contracts/usage";
import { dayMs, hasCode, noon, readPages, sampleEntry, sampleUsage } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

const all = { from: 0, to: noon + 10 * dayMs };

export function describeUsage(describe: Describe): void {
  describe("usage is summed by each grouping", async ({ usage, ledger }) => {
    const rows = [
      sampleUsage("1", 10),
      sampleUsage("2", 20, { keyId: "key_b", model: "claude-sonnet-4-5", at: noon + dayMs }),
      sampleUsage("3", null, { projectId: "prj_b", keyId: "key_c", outcome: "failed" }),
      sampleUsage("4", null, { outcome: "lost" }),
    ];
    for (const row of rows) await ledger.record(row, sampleEntry(`request:${row.id}`));
    const sum = async (by: UsageGrouping): Promise<(string | number)[][]> =>
      (await usage.sum(all, by)).map((group) => [
        group.group,
        group.requests,
        group.costMicros,
        group.unpriced,
        group.keys,
      ]);
    assert.deepEqual(await sum("project"), [
      ["prj_a", 3, 30, 0, 2],
      ["prj_b", 1, 0, 1, 1],
    ]);
    assert.deepEqual(await sum("model"), [
      ["claude-haiku-4-5", 3, 10, 1, 2],
      ["claude-sonnet-4-5", 1, 20, 0, 1],
    ]);
    assert.deepEqual(await sum("day"), [
      ["2026-11-20", 3, 10, 1, 2],
      ["2026-11-21", 1, 20, 0, 1],
    ]);
    assert.deepEqual(
      (await sum("key")).map(([key]) => key),
      ["key_a", "key_b", "key_c"],
    );
    assert.deepEqual(
      (await sum("outcome")).map(([outcome]) => outcome),
      ["completed", "failed", "lost"],
    );
    assert.partialDeepStrictEqual((await usage.sum(all, "project"))[0], {
      inputTokens: 3,
      cacheReadTokens: 6,
      cacheWriteTokens: 9,
      outputTokens: 12,
    });
  });

  describe("usage is filtered by project, key, model and time; the end is not part of it", async ({
    usage,
    ledger,
  }) => {
    const rows = [
      sampleUsage("1", 1, { at: noon }),
      sampleUsage("2", 2, { at: noon + 1, keyId: "key_b" }),
      sampleUsage("3", 4, { at: noon + 2, model: "m" }),
      sampleUsage("4", 8, { at: noon + 3, projectId: "prj_b" }),
    ];
    for (const row of rows) await ledger.record(row, sampleEntry(`request:${row.id}`));
    const cost = async (filter: object): Promise<number> =>
      (await usage.sum({ ...all, ...filter }, "day")).reduce((sum, { costMicros }) => sum + costMicros, 0);
    assert.equal(await cost({}), 15);
    assert.equal(await cost({ projectId: "prj_a" }), 7);
    assert.equal(await cost({ keyId: "key_b" }), 2);
    assert.equal(await cost({ model: "m" }), 4);
    assert.equal(await cost({ from: noon + 1, to: noon + 3 }), 6);
    assert.equal(await cost({ projectId: "a\0b" }), 0);
    assert.deepEqual(await usage.sum({ from: 5, to: 5 }, "model"), []);
  });

  describe("sums go beyond 32 bits", async ({ usage, ledger }) => {
    for (const id of ["1", "2", "3"]) {
      await ledger.record(sampleUsage(id, 900_000_000_000_000), sampleEntry(`request:${id}`));
    }
    assert.equal((await usage.sum(all, "day"))[0]?.costMicros, 2_700_000_000_000_000);
  });

  describe("usage rows are listed newest first as they were written", async ({ usage, ledger }) => {
    const rows = [1, 2, 3, 4, 5].map((index) =>
      sampleUsage(`r${index}`, index === 3 ? null : index, {
        at: noon + Math.min(index, 4),
        runId: index === 2 ? "run_1" : null,
        firstTokenMs: index === 1 ? null : 7,
      }),
    );
    for (const row of rows) await ledger.record(row, sampleEntry(`request:${row.id}`));
    const listed = await readPages(2, (page) => usage.list(all, page));
    assert.deepEqual(listed, rows.toReversed());
    await assert.rejects(usage.list(all, { limit: 2, cursor: "none" }), hasCode("invalid_request"));
  });
}
