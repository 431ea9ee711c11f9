import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentEvent } from "../../../core/ports/driver.ts";
import { toFailure } from "@gantry/contracts/errors";
import fc from "fast-check";
import { parseCliLine } from "./cli-line.ts";
import { describeEvent } from "./test-recordings.ts";
import { createTurnTranslator } from "./turn-translator.ts";

const anything = fc.oneof(
  fc.constantFrom<unknown>(null, "", "max_tokens", "end_turn", "success", 0, -1, 1e308, 401, 429, 500, true, [], {}),
  fc.jsonValue({ maxDepth: 2 }),
);
const delta = fc.record(
  {
    type: fc.constantFrom<unknown>("text_delta", "thinking_delta", "input_json_delta", 7),
    text: anything,
    thinking: anything,
    stop_reason: anything,
  },
  { requiredKeys: [] },
);
const usage = fc.oneof(anything, fc.record({ input_tokens: anything, output_tokens: anything }, { requiredKeys: [] }));
const streamEvent = fc.record(
  {
    type: fc.constantFrom("message_start", "content_block_delta", "message_delta", "message_stop", "ping", "new_thing"),
    message: fc.oneof(anything, fc.record({ model: anything, usage })),
    delta: fc.oneof({ weight: 3, arbitrary: delta }, { weight: 1, arbitrary: anything }),
    usage,
  },
  { requiredKeys: ["type"] },
);
const anyLine = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("stream_event"), event: streamEvent }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("stream_event"), event: anything }) },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        type: fc.constant("system"),
        subtype: fc.constantFrom("api_retry", "init", "status", "new_thing"),
        attempt: anything,
        retry_delay_ms: anything,
        error_status: anything,
      },
      { requiredKeys: ["type"] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        type: fc.constant("result"),
        subtype: anything,
        is_error: anything,
        result: fc.oneof(anything, fc.constantFrom("API Error: 400 no", "usage limit reached")),
        api_error_status: anything,
        terminal_reason: anything,
        total_cost_usd: anything,
      },
      { requiredKeys: ["type"] },
    ),
  },
  { weight: 1, arbitrary: fc.object({ maxDepth: 3 }) },
);

function assertWellFormed(event: AgentEvent): void {
  const counts = (figures: object) => Object.values(figures).every((value) => Number.isFinite(value) && value >= 0);
  if (event.type === "answer.started") assert.equal(typeof event.model, "string");
  else if (event.type === "text.delta" || event.type === "thinking.delta") assert.match(event.text, /[^]/);
  else if (event.type === "upstream.retried") {
    const { attempt, delayMs, status = 0 } = event;
    assert.ok(counts({ attempt, delayMs }) && typeof status === "number", describeEvent(event));
  } else if (event.type === "answer.finished" || event.type === "answer.failed") {
    assert.ok(counts(event.usage), describeEvent(event));
    if (event.type === "answer.finished") assert.ok(counts({ cost: event.costMicros ?? 0 }), describeEvent(event));
    else assert.equal(typeof event.error.message, "string");
  }
}

test("whatever lines come, nothing throws, every event is well formed, and one last word is the last", () => {
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 25 }), (lines) => {
      const translator = createTurnTranslator(0, () => 0);
      const events: AgentEvent[] = [];
      let isDone = false;
      for (const line of lines) {
        const parsed = parseCliLine(Buffer.from(JSON.stringify(line)));
        assert.ok(parsed);
        const step = translator.take(parsed);
        assert.ok(!isDone || (step.events.length === 0 && !step.interrupt && !step.done));
        isDone ||= step.done === true;
        events.push(...step.events);
      }
      const last = translator.conclude(toFailure("agent_failed"));
      assert.equal(last === undefined, isDone);
      if (last !== undefined) events.push(last);
      for (const event of events) assertWellFormed(event);
      const final = events.findIndex(({ type }) => type === "answer.finished" || type === "answer.failed");
      assert.equal(final, events.length - 1);
      assert.ok(events.filter(({ type }) => type === "answer.started").length <= 1);
      assert.equal(translator.conclude(toFailure("agent_failed")), undefined);
    }),
    { numRuns: 1_000 },
  );
});
