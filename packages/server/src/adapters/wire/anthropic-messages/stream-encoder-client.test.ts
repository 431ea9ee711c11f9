import assert from "node:assert/strict";
import { test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { noUsage } from "@gantry/contracts/completion";
import type { ModelEvent } from "@gantry/contracts/model-call";
import { toFailure } from "@gantry/contracts/errors";
import { encodeAnswer } from "./encode-answer.ts";
import { openStreamEncoder } from "./stream-encoder.ts";
import { call, sendStream, startClient } from "./test-client.ts";
import { decodeAll, readStream } from "./test-samples.ts";

const head = { id: "msg_1", created: 0, model: "alias" };

function encodeAll(events: readonly ModelEvent[]): string {
  const encoder = openStreamEncoder(head);
  return events.map((event) => encoder.encode(event)).join("") + encoder.finish();
}

test("the official client reads from the stream what it reads from the whole answer", async (context) => {
  const events = decodeAll([readStream("hand-tools")]);
  const streaming = await startClient(context, (response) => sendStream(response, encodeAll(events), 7));
  const whole = await startClient(context, (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(encodeAnswer(events, head)));
  });
  const streamed = await streaming.messages.stream(call).finalMessage();
  const { parsed_output: parsed, ...message } = streamed;
  assert.equal(parsed, null);
  // As JSON, since the client puts fields of its own upon what it reads.
  assert.deepEqual(JSON.parse(JSON.stringify(message)), JSON.parse(JSON.stringify(await whole.messages.create(call))));
  assert.deepEqual(
    streamed.content.map(({ type }) => type),
    ["thinking", "redacted_thinking", "text", "tool_use", "tool_use"],
  );
  assert.deepEqual(streamed.content[3], {
    type: "tool_use",
    id: "toolu_01A",
    name: "read_file",
    input: { path: "/src/a.ts", lines: [1, 2], note: '"}{ü' },
  });
  assert.deepEqual([streamed.stop_reason, streamed.model, streamed.id], ["tool_use", "alias", "msg_1"]);
  assert.equal(streamed.usage.output_tokens, 89);
});

test("the official client throws what a stream breaks off with", async (context) => {
  const error = toFailure("upstream_rate_limited");
  const events: ModelEvent[] = [
    { type: "call.started", id: "x", model: "gpt" },
    { type: "text.delta", text: "Half" },
    { type: "call.failed", error, usage: noUsage },
  ];
  const client = await startClient(context, (response) => sendStream(response, encodeAll(events), 1000));
  await assert.rejects(client.messages.stream(call).finalMessage(), (thrown) => {
    assert.ok(thrown instanceof Anthropic.APIError);
    assert.deepEqual([thrown.type, thrown.errorCode], ["rate_limit_error", "upstream_rate_limited"]);
    return true;
  });
});
