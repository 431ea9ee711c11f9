import assert from "node:assert/strict";
import type { ModelEvent } from "@gantry/contracts/model-call";
import type OpenAI from "openai";
import type { ResponseBody } from "../../../../core/ports/responses-format.ts";
import { readRequest } from "./test-read.ts";

type StreamEvent = OpenAI.Responses.ResponseStreamEvent;

export const usage = { inputTokens: 5, cacheReadTokens: 3, cacheWriteTokens: 2, outputTokens: 7 };
export const started: ModelEvent = { type: "call.started", id: "x", model: "m" };
export const finished = (reason: "stop" | "length" | "tool_calls" | "refusal"): ModelEvent => ({
  type: "call.finished",
  reason,
  usage,
});

interface Written {
  readonly text: string;
  readonly events: readonly StreamEvent[];
  readonly body: ResponseBody;
}

/** For tests: a whole answer, as it is streamed and as it is at its end. */
export function write(events: readonly ModelEvent[], request: Record<string, unknown> = {}): Written {
  const answer = readRequest({ input: "x", ...request }).openAnswer({ model: "m", createdAt: 10, now: () => 12 });
  const text = events.map((event) => answer.encode(event)).join("") + answer.finish();
  return { text, events: toEvents(text), body: answer.body() };
}

export function toEvents(text: string): StreamEvent[] {
  return text.split("\n\n").flatMap((block) => {
    if (block === "") return [];
    const [, name, data = ""] = /^event: (\S+)\ndata: (.*)$/.exec(block) ?? assert.fail(`no event: ${block}`);
    const event: StreamEvent = JSON.parse(data);
    assert.equal(event.type, name);
    return [event];
  });
}
