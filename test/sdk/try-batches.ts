import assert from "node:assert/strict";
import type { Gantry } from "../../packages/sdk/src/index.ts";

/** A batch that is followed to its end, and one that is cancelled. */
export async function tryBatches(client: Gantry): Promise<void> {
  const progress: number[] = [];
  const batch = await client.batches.run(
    { model: "haiku", items: ["[[demo:say one]]", { id: "two", prompt: "[[demo:say two]]" }, "[[demo:status 400]]"] },
    { onProgress: ({ completed, failed }) => void progress.push(completed + failed) },
  );
  assert.deepEqual([batch.status, batch.completed, batch.failed], ["completed", 2, 1]);
  assert.deepEqual(
    batch.results.map(({ id, content }) => content ?? id),
    ["one", "two", "2"],
  );
  assert.equal(progress.at(-1), 3);
  const { id } = await client.batches.create({ model: "haiku", items: ["[[demo:hang]]"] });
  await client.batches.cancel(id);
  assert.equal((await client.batches.wait(id)).status, "cancelled");
}
