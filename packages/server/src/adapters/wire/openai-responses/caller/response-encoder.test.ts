import assert from "node:assert/strict";
import { test } from "node:test";
import { toFailure } from "@gantry/contracts/errors";
import type { ModelEvent } from "@gantry/contracts/model-call";
import type OpenAI from "openai";
import { readRequest } from "./test-read.ts";
import { showResponse } from "./show-response.ts";
import { finished, started, toEvents, usage, write } from "./test-write.ts";

type StreamEvent = OpenAI.Responses.ResponseStreamEvent;

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
