import assert from "node:assert/strict";
import { test } from "node:test";
import { type CompletionEvent, noUsage } from "@gantry/contracts/completion";
import { toFailure } from "@gantry/contracts/errors";
import { toModelEvent } from "./to-model-event.ts";

const usage = { ...noUsage, inputTokens: 3 };

test("an answer's events become those of a model's call", () => {
  const same: readonly CompletionEvent[] = [
    { type: "thinking.delta", text: "t" },
    { type: "thinking.signed", signature: "s" },
    { type: "thinking.redacted", data: "d" },
    { type: "text.delta", text: "a" },
    { type: "tool_call.started", index: 0, id: "c", name: "look" },
    { type: "tool_call.delta", index: 0, arguments: "{}" },
  ];
  for (const event of same) assert.deepEqual(toModelEvent(event, { id: "m" }), event);
  assert.equal(toModelEvent({ type: "upstream.retried", attempt: 1, delayMs: 5 }, { id: "m" }), undefined);
  assert.deepEqual(toModelEvent({ type: "answer.started", model: "x", usage }, { id: "m" }), {
    type: "call.started",
    id: "m",
    model: "x",
    usage,
  });
  const error = toFailure("upstream_interrupted");
  assert.deepEqual(toModelEvent({ type: "answer.failed", error, usage }, { id: "m" }), {
    type: "call.failed",
    error,
    usage,
  });
});

test("the stop sequence that was met is told where there was but one", () => {
  const met = (stopSequences: readonly string[], reason: "stop" | "stop_sequence" = "stop_sequence") =>
    toModelEvent({ type: "answer.finished", reason, usage, costMicros: 7 }, { id: "m", stopSequences });
  assert.deepEqual(met(["END"]), { type: "call.finished", reason: "stop_sequence", usage, stopSequence: "END" });
  assert.deepEqual(met(["END", "STOP"]), { type: "call.finished", reason: "stop_sequence", usage });
  assert.deepEqual(met(["END"], "stop"), { type: "call.finished", reason: "stop", usage });
});
