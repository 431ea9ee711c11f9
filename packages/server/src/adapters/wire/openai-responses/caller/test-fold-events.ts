import assert from "node:assert/strict";
import type OpenAI from "openai";

type StreamEvent = OpenAI.Responses.ResponseStreamEvent;
type Item = Record<string, unknown> & { readonly type: string };

/**
 * For tests: puts the response together from its pieces alone, and holds every whole that is told on the way against
 * them. Gives what the last event says of everything else, with the output that was put together.
 */
export function foldEvents(events: readonly StreamEvent[]): unknown {
  const output: Item[] = [];
  const texts = new Map<string, string>();
  let last: Record<string, unknown> = {};
  const grow = (id: string, part: number, delta: string) =>
    texts.set(`${id} ${part}`, (texts.get(`${id} ${part}`) ?? "") + delta);
  const pieces = (id: string, part: number) => texts.get(`${id} ${part}`) ?? "";

  for (const event of events) {
    switch (event.type) {
      case "response.created":
      case "response.in_progress":
        assert.deepEqual([event.response.status, event.response.output], ["in_progress", []]);
        break;
      case "response.output_item.added":
        assert.equal(event.output_index, output.length);
        output.push({ ...event.item });
        break;
      case "response.output_text.delta":
        grow(event.item_id, event.content_index, event.delta);
        break;
      case "response.function_call_arguments.delta":
        grow(event.item_id, 0, event.delta);
        break;
      case "response.reasoning_summary_text.delta":
        grow(event.item_id, event.summary_index, event.delta);
        break;
      case "response.output_text.done":
        assert.equal(event.text, pieces(event.item_id, event.content_index));
        break;
      case "response.function_call_arguments.done":
        assert.equal(event.arguments, pieces(event.item_id, 0));
        break;
      case "response.reasoning_summary_text.done":
        assert.equal(event.text, pieces(event.item_id, event.summary_index));
        break;
      case "response.output_item.done":
        assert.equal(output[event.output_index]?.["id"], event.item.id);
        output[event.output_index] = { ...event.item };
        break;
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
        last = { ...event.response };
        break;
    }
  }
  assert.deepEqual(last["output"], output);
  return { ...last, output };
}
