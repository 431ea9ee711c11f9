import assert from "node:assert/strict";
import type { CompletionEvent } from "@gantry/contracts/completion";
import { dayMs, noon } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

const answer = (text: string): readonly CompletionEvent[] => [
  { type: "answer.started", model: "claude-haiku-4-5" },
  { type: "text.delta", text },
];

export function describeCache(describe: Describe): void {
  describe("an answer is found as it was put, in its project only", async ({ cache }) => {
    const events = answer("NUL \u0000, half a pair \ud83d, quote ' and \u{1F600}");
    await cache.put("prj_a", "key", events, noon);
    assert.deepEqual(await cache.find("prj_a", "key", 0), events);
    assert.equal(await cache.find("prj_b", "key", 0), undefined);
    assert.equal(await cache.find("prj_a", "other", 0), undefined);
  });

  describe("an answer older than asked for is not found, and a newer one takes its place", async ({ cache }) => {
    await cache.put("prj_a", "key", answer("old"), noon);
    assert.deepEqual(await cache.find("prj_a", "key", noon), answer("old"));
    assert.equal(await cache.find("prj_a", "key", noon + 1), undefined);
    await cache.put("prj_a", "key", answer("new"), noon + 1);
    assert.deepEqual(await cache.find("prj_a", "key", noon + 1), answer("new"));
  });

  describe("what no project may ask for any more is removed", async ({ cache }) => {
    await cache.put("prj_a", "old", answer("old"), noon);
    await cache.put("prj_a", "edge", answer("edge"), noon + 1);
    await cache.put("prj_b", "new", answer("new"), noon + 1 + 30 * dayMs);
    assert.equal(await cache.find("prj_a", "old", 0), undefined);
    assert.deepEqual(await cache.find("prj_a", "edge", 0), answer("edge"));
  });
}
