import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createLineScanner } from "../../process/line-scanner.ts";
import { parseCliLine } from "./cli-line.ts";
import { expectedOf } from "./test-expectations.ts";
import { describeEvent, listRecordings, readRecording } from "./test-recordings.ts";
import { createTurnTranslator } from "./turn-translator.ts";

/** What a turn comes to, one line an event, with what the agent is told to do in between. */
function translate(chunks: readonly Buffer[]): string[] {
  const translator = createTurnTranslator(0);
  const seen: string[] = [];
  const scanner = createLineScanner({
    maxLineBytes: 1_000_000,
    onLine(bytes) {
      const line = parseCliLine(bytes);
      assert.ok(line, "a recorded line is JSON");
      const { events, interrupt, done } = translator.take(line);
      seen.push(...events.map(describeEvent));
      if (interrupt) seen.push("interrupt");
      if (done) seen.push(translator.answered ? "answered" : "done");
    },
    onOverflow: () => assert.fail("a recorded line is too long"),
  });
  for (const chunk of chunks) scanner.push(chunk);
  scanner.end();
  return seen;
}

for (const version of ["2.1.328", "2.1.197"] as const) {
  test(`what ${version} printed comes to the events it stands for`, () => {
    const names = listRecordings(version);
    assert.deepEqual(names.toSorted(), Object.keys(expectedOf[version]).toSorted());
    for (const name of names) {
      assert.deepEqual(translate([readRecording(version, name)]), expectedOf[version][name], name);
    }
  });

  test(`any split of what ${version} printed comes to the same events`, () => {
    const name = fc.constantFrom(...listRecordings(version));
    const places = fc.array(fc.nat(20_000), { maxLength: 60 });
    fc.assert(
      fc.property(name, places, (recording, cuts) => {
        const bytes = readRecording(version, recording);
        const ends = [...cuts.map((place) => place % bytes.length), bytes.length].toSorted((a, b) => a - b);
        const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        assert.deepEqual(translate(chunks), expectedOf[version][recording]);
      }),
    );
  });
}

/** Lines of a stream, in short: `start`, `say TEXT`, `stop REASON`, `end`, `retry STATUS`, `result`. */
function run(...script: string[]): string[] {
  const lines = script.map((step) => {
    const [word = "", rest = ""] = step.split(/ (.*)/s);
    const event = toStreamEvent(word, rest);
    if (event !== undefined) return { type: "stream_event", event };
    if (word === "retry") return { type: "system", subtype: "api_retry", attempt: 1, error_status: Number(rest) };
    return {
      type: "result",
      subtype: "success",
      is_error: false,
      total_cost_usd: 0.5,
      ...(rest !== "" && JSON.parse(rest)),
    };
  });
  return translate([Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""))]);
}

function toStreamEvent(word: string, rest: string): object | undefined {
  const usage = { input_tokens: 10, output_tokens: 1 };
  if (word === "start") return { type: "message_start", message: { model: "m", usage } };
  if (word === "say") return { type: "content_block_delta", delta: { type: "text_delta", text: rest } };
  if (word === "stop") return { type: "message_delta", delta: { stop_reason: rest }, usage: { output_tokens: 5 } };
  return word === "end" ? { type: "message_stop" } : undefined;
}

test("a call whose stream broke after a word is not waited for a second time", () => {
  const failed = (figures: string) => [
    "started m",
    'text "a"',
    "interrupt",
    `failed upstream_interrupted, ${figures}`,
    "done",
  ];
  assert.deepEqual(run("start", "say a", "end", "result"), failed("10+0+0 in 1 out"));
  assert.deepEqual(run("start", "say a", "retry 500", "result"), failed("10+0+0 in 1 out"));
  assert.deepEqual(run("start", "say a", "start", "say a", "stop end_turn", "result"), failed("20+0+0 in 6 out"));
});

test("a call that broke before a word may be made again, and both are counted", () => {
  const events = run("start", "end", "retry 529", "start", "say a", "stop end_turn", "end", "result");
  assert.deepEqual(events, [
    "started m",
    "retry 1 after 529, at once",
    'text "a"',
    "finished stop, 20+0+0 in 6 out, 500000 micros",
    "answered",
  ]);
});

test("figures that come twice in one call are counted once", () => {
  const events = run("start", "say a", "stop end_turn", "stop end_turn", "result");
  assert.equal(events.at(-2), "finished stop, 10+0+0 in 5 out, 500000 micros");
});

test("a success of which not all came through the stream is no answer", () => {
  const failed = (events: readonly string[]) => events.at(-2)?.split(",")[0];
  assert.equal(failed(run('result {"result":"all of it"}')), "failed upstream_interrupted");
  assert.equal(failed(run("start", 'result {"result":"all of it"}')), "failed upstream_interrupted");
  assert.equal(failed(run("start", "say half", 'result {"result":"half and half"}')), "failed upstream_interrupted");
});

test("an answer that shows nothing is whole as it is, before the CLI asks for more", () => {
  for (const [shown, reason] of [
    ["", "end_turn"],
    [" \n", "end_turn"],
    ["", "stop_sequence"],
  ] as const) {
    const events = run(
      "start",
      ...(shown === "" ? [] : [`say ${shown}`]),
      `stop ${reason}`,
      "start",
      "say more",
      "result",
    );
    assert.deepEqual(events.slice(-3), [
      "interrupt",
      `finished ${reason === "end_turn" ? "stop" : reason}, 20+0+0 in 6 out, 500000 micros`,
      "done",
    ]);
    assert.ok(!events.includes('text "more"'));
  }
});

test("a call after a whole answer is cut off, and the answer stands", () => {
  const events = run("start", "say a", "stop end_turn", "start", "say b", "stop end_turn", "result");
  assert.deepEqual(events, [
    "started m",
    'text "a"',
    "interrupt",
    "finished stop, 20+0+0 in 10 out, 500000 micros",
    "done",
  ]);
});

test("a refused credential and a rate limit are decided at the first try", () => {
  assert.deepEqual(run("retry 401", "result").slice(0, 2), [
    "interrupt",
    "failed upstream_unauthorized 401, 0+0+0 in 0 out",
  ]);
  assert.deepEqual(run("retry 403", "result").slice(0, 2), [
    "interrupt",
    "failed upstream_unauthorized 403, 0+0+0 in 0 out",
  ]);
  assert.deepEqual(run("retry 429", "result").slice(0, 2), [
    "interrupt",
    "failed upstream_rate_limited 429 0, 0+0+0 in 0 out",
  ]);
});

test("a failed result is told by what it says, never by its subtype", () => {
  const told = (result: object) =>
    run("start", `result ${JSON.stringify(result)}`)
      .at(-2)
      ?.split(",")[0];
  const is_error = true;
  assert.equal(told({ is_error, api_error_status: 529 }), "failed upstream_overloaded 529");
  assert.equal(told({ is_error, terminal_reason: "prompt_too_long" }), "failed context_too_long");
  assert.equal(told({ is_error, terminal_reason: "aborted_streaming" }), "failed agent_failed");
  assert.equal(told({ is_error, result: "API Error: Internal" }), "failed upstream_interrupted");
  assert.equal(told({ is_error, result: "You've hit your limit · resets 3pm" }), "failed upstream_usage_limit");
  assert.equal(told({ is_error, result: "No conversation found" }), "failed agent_failed");
  assert.equal(told({ subtype: "error_during_execution" }), "failed agent_failed");
});

test("the cost of a turn is what the CLI's total grew by, and unknown where it shrank", () => {
  const finishedAt = (before: number) => {
    const translator = createTurnTranslator(before);
    const lines = [
      { type: "stream_event", event: { type: "message_start" } },
      { type: "stream_event", event: { type: "content_block_delta", delta: { type: "text_delta", text: "a" } } },
      { type: "stream_event", event: { type: "message_delta", delta: { stop_reason: "end_turn" } } },
      { type: "result", subtype: "success", is_error: false, total_cost_usd: 0.3 },
    ];
    const events = lines.flatMap(
      (line) => translator.take(parseCliLine(Buffer.from(JSON.stringify(line))) ?? { type: "other" }).events,
    );
    assert.equal(translator.totalCostUsd, 0.3);
    const last = events.at(-1);
    return last?.type === "answer.finished" ? last.costMicros : undefined;
  };
  assert.deepEqual([0, 0.1, 0.3, 0.31].map(finishedAt), [300_000, 200_000, 0, undefined]);
});

test("what a subagent says is not the answer", () => {
  const translator = createTurnTranslator(0);
  const line = {
    type: "stream_event",
    parent_tool_use_id: "t1",
    event: { type: "message_start", message: { model: "m" } },
  };
  assert.deepEqual(translator.take(parseCliLine(Buffer.from(JSON.stringify(line))) ?? { type: "other" }), {
    events: [],
  });
});
