import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallReader } from "./call-reader.ts";
import { createWorkTranslator } from "./work-translator.ts";

const now = 1_000_000;
/** No line of these tests holds a call. */
const calls = { fromBlock: () => undefined, noteTask: () => {} } as unknown as CallReader;

function open() {
  const totalsBefore = {
    usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
    costUsd: 0,
  };
  return createWorkTranslator({
    calls,
    createId: () => "id",
    epoch: () => now,
    isOutput: () => false,
    totalsBefore: totalsBefore as never,
    told: undefined,
  });
}

test("a turn that a used-up subscription refuses says when that is good again, and one by another error does not", () => {
  const translator = open();
  const limit = (status: string) => ({
    type: "rate_limit_event" as const,
    rate_limit_info: { status, resetsAt: now / 1000 + 60 },
  });
  const refusal = { type: "result", subtype: "success", is_error: true, api_error_status: 429 } as const;
  const used = { ...refusal, result: "You've hit your 5-hour limit" };
  const finish = (result: object) => {
    const event = translator.finish(result as never, { interrupted: false, deferred: [] });
    assert.ok(event.type === "turn.failed");
    return [event.error.code, event.error.retryAfterMs];
  };
  assert.deepEqual(translator.take(limit("rejected")), []);
  assert.deepEqual(finish(used), ["upstream_usage_limit", 60_000]);
  assert.deepEqual(finish({ ...refusal, api_error_status: 500, result: "" }), ["upstream_failed", undefined]);
  translator.take(limit("allowed_warning"));
  assert.deepEqual(finish(used), ["upstream_usage_limit", undefined]);
});
