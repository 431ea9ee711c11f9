import assert from "node:assert/strict";
import { test } from "node:test";
import { say, startDemoModel } from "./test-harness.ts";

const bash = { name: "Bash", input_schema: { type: "object" } };

test("an answer ends with the reason that was asked for", async (context) => {
  const { url } = await startDemoModel(context);
  for (const reason of ["end_turn", "max_tokens", "refusal", "pause_turn"]) {
    assert.equal((await say(url, `[[demo:say x]] [[demo:stop ${reason}]]`)).stopReason, reason);
  }
  const stopped = await say(url, "[[demo:stop stop_sequence]] [[demo:say x]]", { stop_sequences: ["A", "B"] });
  assert.deepEqual([stopped.stopReason, stopped.stopSequence, stopped.text], ["stop_sequence", "A", "x"]);
});

test("max_tokens cuts the text to that many tokens, and whole characters", async (context) => {
  const { url } = await startDemoModel(context);
  const cut = await say(url, "[[demo:say one two three]]", { max_tokens: 2 });
  assert.deepEqual([cut.text, cut.stopReason, cut.whole.usage.output_tokens], ["one two ", "max_tokens", 2]);
  assert.equal((await say(url, "[[demo:say €€€]]", { max_tokens: 1 })).text, "€");
  assert.equal((await say(url, "[[demo:say 👍👍]]", { max_tokens: 1 })).text, "👍");
  assert.equal((await say(url, "[[demo:say 12345678]]", { max_tokens: 2 })).stopReason, "end_turn");
  const thought = await say(url, "[[demo:think 1234]] [[demo:say 1234]]", { max_tokens: 1 });
  assert.deepEqual(
    thought.whole.content.map(({ type }) => type),
    ["thinking"],
  );
  const tool = await say(url, '[[demo:say 1234]] [[demo:tool Bash {"command":"ls"}]]', {
    tools: [bash],
    max_tokens: 3,
  });
  assert.deepEqual([tool.text, tool.stopReason, tool.whole.content.length], ["1234", "max_tokens", 1]);
  assert.equal((await say(url, "hello", { max_tokens: 3 })).whole.usage.output_tokens, 3);
});

test("a stop sequence cuts the text before it, also across pieces, and the first in the text wins", async (context) => {
  const { url } = await startDemoModel(context);
  const cut = await say(url, "[[demo:say one two three]]", { stop_sequences: ["three", "e two", ""] });
  assert.deepEqual([cut.text, cut.stopReason, cut.stopSequence], ["on", "stop_sequence", "e two"]);
  const whole = await say(url, "[[demo:say one]]", { stop_sequences: ["none"] });
  assert.deepEqual([whole.text, whole.stopReason, whole.stopSequence], ["one", "end_turn", null]);
  const empty = await say(url, "[[demo:say one]]", { stop_sequences: ["one"] });
  assert.deepEqual([empty.whole.content, empty.stopReason], [[], "stop_sequence"]);
  const late = await say(url, "[[demo:say one two]]", { stop_sequences: ["two"], max_tokens: 1 });
  assert.deepEqual([late.text, late.stopReason], ["one ", "max_tokens"]);
});

test("five megabytes are answered exactly, in a bounded number of deltas", async (context) => {
  const { url } = await startDemoModel(context);
  for (const text of ["words and 👍 ".repeat(400_000), "👍".repeat(1_250_000)]) {
    const { text: said, streamed } = await say(url, `[[demo:say ${text}]]`);
    assert.ok(said === text);
    assert.ok((streamed.blocks[0]?.deltas ?? 0) <= 1_001);
  }
});
