import assert from "node:assert/strict";
import { test } from "node:test";
import { toFailure } from "@gantry/contracts/errors";
import type { ModelEvent } from "@gantry/contracts/model-call";
import fc from "fast-check";
import type OpenAI from "openai";
import type { ResponseBody } from "../../../../core/ports/responses-format.ts";
import { decodeAnswer } from "../decode-answer.ts";
import { decodeText, describeAnswer } from "../test-answers.ts";
import { foldEvents } from "./test-fold-events.ts";
import { readRequest } from "./test-read.ts";
import { showResponse } from "./show-response.ts";

type StreamEvent = OpenAI.Responses.ResponseStreamEvent;

const usage = { inputTokens: 5, cacheReadTokens: 3, cacheWriteTokens: 2, outputTokens: 7 };
const started: ModelEvent = { type: "call.started", id: "x", model: "m" };
const finished = (reason: "stop" | "length" | "tool_calls" | "refusal"): ModelEvent => ({
  type: "call.finished",
  reason,
  usage,
});

interface Written {
  readonly text: string;
  readonly events: readonly StreamEvent[];
  readonly body: ResponseBody;
}

function write(events: readonly ModelEvent[], request: Record<string, unknown> = {}): Written {
  const answer = readRequest({ input: "x", ...request }).openAnswer({ model: "m", createdAt: 10, now: () => 12 });
  const text = events.map((event) => answer.encode(event)).join("") + answer.finish();
  return { text, events: toEvents(text), body: answer.body() };
}

function toEvents(text: string): StreamEvent[] {
  return text.split("\n\n").flatMap((block) => {
    if (block === "") return [];
    const [, name, data = ""] = /^event: (\S+)\ndata: (.*)$/.exec(block) ?? assert.fail(`no event: ${block}`);
    const event: StreamEvent = JSON.parse(data);
    assert.equal(event.type, name);
    return [event];
  });
}

const typesOf = (events: readonly StreamEvent[]) => events.map(({ type }) => type.replace(/^response\./, ""));

test("what is thought, said and called becomes items, each told from its beginning to its end", () => {
  const { events, body } = write(
    [
      started,
      { type: "thinking.delta", text: "hm" },
      { type: "thinking.signed", signature: "s" },
      { type: "text.delta", text: "I " },
      { type: "text.delta", text: "look." },
      { type: "tool_call.started", index: 0, id: "c1", name: "f" },
      { type: "tool_call.delta", index: 0, arguments: '{"a":1}' },
      { type: "tool_call.started", index: 1, id: "c2", name: "g" },
      finished("tool_calls"),
    ],
    { reasoning: { summary: "auto" } },
  );
  const call = ["output_item.added", "function_call_arguments.delta"];
  const callEnd = ["function_call_arguments.done", "output_item.done"];
  assert.deepEqual(typesOf(events), [
    "created",
    "in_progress",
    "output_item.added",
    "reasoning_summary_part.added",
    "reasoning_summary_text.delta",
    "reasoning_summary_text.done",
    "reasoning_summary_part.done",
    "output_item.done",
    "output_item.added",
    "content_part.added",
    "output_text.delta",
    "output_text.delta",
    "output_text.done",
    "content_part.done",
    "output_item.done",
    ...call,
    "output_item.added",
    ...callEnd,
    "function_call_arguments.delta",
    ...callEnd,
    "completed",
  ]);
  assert.partialDeepStrictEqual(body, {
    object: "response",
    status: "completed",
    created_at: 10,
    completed_at: 12,
    error: null,
    incomplete_details: null,
    output: [
      { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
      { type: "message", role: "assistant", status: "completed", content: [{ type: "output_text", text: "I look." }] },
      { type: "function_call", call_id: "c1", name: "f", arguments: '{"a":1}', status: "completed" },
      { type: "function_call", call_id: "c2", name: "g", arguments: "{}", status: "completed" },
    ],
    usage: {
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 3, cache_write_tokens: 2 },
      output_tokens: 7,
      total_tokens: 17,
    },
  });
});

test("a response says of its request what the client's type asks for", () => {
  const { body } = write([started, finished("stop")], {
    instructions: "Be brief.",
    metadata: { a: "b" },
    tools: [{ type: "function", name: "f" }],
    tool_choice: "required",
    text: { format: { type: "json_object" } },
    reasoning: { effort: "low" },
    previous_response_id: "resp_1",
    user: "u",
  });
  const told = {
    instructions: "Be brief.",
    metadata: { a: "b" },
    model: "m",
    parallel_tool_calls: true,
    temperature: null,
    tool_choice: "required",
    tools: [
      {
        type: "function",
        name: "f",
        description: null,
        parameters: { type: "object", properties: {} },
        strict: false,
      },
    ],
    top_p: null,
    background: false,
    max_output_tokens: null,
    previous_response_id: "resp_1",
    reasoning: { effort: "low", summary: null },
    service_tier: "default",
    text: { format: { type: "json_object" }, verbosity: "medium" },
    truncation: "disabled",
    user: "u",
  } satisfies Partial<OpenAI.Responses.Response>;
  assert.partialDeepStrictEqual(body, told);
});

test("an answer that was cut or refused is incomplete, and one that failed has failed", () => {
  const said: ModelEvent[] = [started, { type: "text.delta", text: "Once" }];
  const cut = write([...said, finished("length")]);
  assert.partialDeepStrictEqual(cut.body, {
    status: "incomplete",
    incomplete_details: { reason: "max_output_tokens" },
    completed_at: null,
    output: [{ status: "incomplete" }],
  });
  assert.equal(cut.events.at(-1)?.type, "response.incomplete");
  assert.partialDeepStrictEqual(write([...said, finished("refusal")]).body, {
    incomplete_details: { reason: "content_filter" },
  });
  const error = toFailure("upstream_overloaded");
  const failed = write([...said, { type: "call.failed", error, usage }]);
  assert.equal(failed.events.at(-1)?.type, "response.failed");
  assert.partialDeepStrictEqual(failed.body, {
    status: "failed",
    error: { code: "server_error", message: `upstream_overloaded: ${error.message}` },
    output: [{ content: [{ text: "Once" }] }],
  });
  assert.partialDeepStrictEqual(write(said).body, { status: "failed", usage: { total_tokens: 0 } });
});

test("a failure of ours in the place of the last event is an error event, once", () => {
  const answer = readRequest({ input: "x" }).openAnswer({ model: "m", createdAt: 10, now: () => 12 });
  const text = answer.encode(started) + answer.encode(finished("stop"));
  const broken = answer.breakOff(toFailure("store_unavailable"));
  assert.equal(answer.finish(), "");
  const events = toEvents(text + broken);
  assert.deepEqual(typesOf(events), ["created", "in_progress", "error"]);
  assert.partialDeepStrictEqual(events[2], { code: "store_unavailable", param: null, sequence_number: 2 });
});

test("seals are kept with a response, and given to those who ask", () => {
  const thought: ModelEvent[] = [
    started,
    { type: "thinking.delta", text: "hm" },
    { type: "thinking.signed", signature: "s" },
    finished("stop"),
  ];
  const plain = write(thought);
  assert.ok(!plain.text.includes("encrypted_content") && !plain.text.includes('"hm"'));
  assert.ok(typeof plain.body.output[0]?.["encrypted_content"] === "string");
  const include = ["reasoning.encrypted_content"];
  const asked = write(thought, { include });
  const done = asked.events.find(({ type }) => type === "response.output_item.done");
  assert.partialDeepStrictEqual(done, { item: asked.body.output[0] });
  assert.deepEqual(showResponse(asked.body, include), asked.body);
});

const piece = fc.string({ unit: "grapheme", minLength: 1 });
/** Any answer: what is said and thought in turns, then calls whose arguments come in any order. */
const answer = fc
  .record({
    said: fc.array(
      fc.oneof(
        fc
          .array(piece, { minLength: 1 })
          .map((texts) => texts.map((text): ModelEvent => ({ type: "text.delta", text }))),
        fc
          .record({ texts: fc.array(piece, { minLength: 1 }), signature: piece })
          .map(({ texts, signature }): ModelEvent[] => [
            ...texts.map((text): ModelEvent => ({ type: "thinking.delta", text })),
            { type: "thinking.signed", signature },
          ]),
        piece.map((data): ModelEvent[] => [{ type: "thinking.redacted", data }]),
      ),
      { maxLength: 6 },
    ),
    calls: fc.nat(4),
    pieces: fc.array(fc.tuple(fc.nat(3), piece), { maxLength: 8 }),
    reason: fc.constantFrom("stop", "length", "refusal"),
  })
  .map(({ said, calls, pieces, reason }): ModelEvent[] => [
    started,
    ...said.flat(),
    ...Array.from({ length: calls }, (_, index): ModelEvent => ({
      type: "tool_call.started",
      index,
      id: `c${index}`,
      name: "f",
    })),
    ...pieces
      .filter(([index]) => index < calls)
      .map(([index, text]): ModelEvent => ({ type: "tool_call.delta", index, arguments: text })),
    finished(calls > 0 && reason === "stop" ? "tool_calls" : reason),
  ]);

test("the events of any answer are numbered without a gap, and put together they are the response", () => {
  fc.assert(
    fc.property(answer, fc.boolean(), (events, shown) => {
      const written = write(events, shown ? { reasoning: { summary: "auto" } } : {});
      assert.deepEqual(
        written.events.map(({ sequence_number: number }) => number),
        written.events.map((_, index) => index),
      );
      const shownBody: unknown = JSON.parse(JSON.stringify(showResponse(written.body, [])));
      assert.deepEqual(foldEvents(written.events), shownBody);
    }),
  );
});

test("the upstream's half reads what the client's half wrote, streamed and whole", () => {
  fc.assert(
    fc.property(answer, (events) => {
      const { text, body } = write(events, { reasoning: { summary: "auto" } });
      const [streamed, whole] = [decodeText(text), decodeAnswer(JSON.parse(JSON.stringify(body)))];
      const saidOf = (read: readonly ModelEvent[]) =>
        read.map((event) => (event.type === "text.delta" ? event.text : "")).join("");
      assert.equal(saidOf(streamed), saidOf(events));
      assert.equal(saidOf(whole), saidOf(events));
      assert.equal(describeAnswer(streamed).at(-1), describeAnswer(whole).at(-1));
    }),
  );
});
