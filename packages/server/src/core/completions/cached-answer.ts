import { type CompletionEvent, noUsage } from "@gantry/contracts/completion";
import type { Settlement } from "../budgets/billing.ts";

/** Longer answers are not kept: what a cache saves is small against them. */
const longestKept = 1_000_000;

/** Passes an answer on and keeps it when it ended as it should. One that ended with calls is not over: a process waits for its results. */
export async function* cacheAnswer(
  events: AsyncIterable<CompletionEvent>,
  keep: (events: readonly CompletionEvent[]) => Promise<void>,
): AsyncGenerator<CompletionEvent, void, undefined> {
  const whole: CompletionEvent[] = [];
  let size = 0;
  for await (const event of events) {
    if (event.type === "text.delta" || event.type === "thinking.delta") size += event.text.length;
    if (event.type !== "upstream.retried" && size <= longestKept) whole.push(event);
    const isWhole = event.type === "answer.finished" && event.reason !== "refusal" && event.reason !== "tool_calls";
    if (isWhole && size <= longestKept) await keep(joinDeltas(whole));
    yield event;
  }
}

/** Replays a known answer, booked before its last event: as nothing, since the tokens it tells were paid for once. */
export async function* replayAnswer(
  events: readonly CompletionEvent[],
  settle: (settlement: Settlement) => Promise<void>,
  elapsedMs: () => number,
): AsyncGenerator<CompletionEvent, void, undefined> {
  const firstTokenMs = elapsedMs();
  for (const event of events) {
    if (event.type === "answer.finished") {
      await settle({ outcome: "cached", tokens: noUsage, costMicros: 0, firstTokenMs, latencyMs: elapsedMs() });
      yield { ...event, costMicros: 0 };
    } else yield event;
  }
}

function joinDeltas(events: readonly CompletionEvent[]): CompletionEvent[] {
  const joined: CompletionEvent[] = [];
  for (const event of events) {
    const last = joined.at(-1);
    if (last !== undefined && isDelta(last) && isDelta(event) && last.type === event.type) {
      joined[joined.length - 1] = { ...last, text: last.text + event.text };
    } else joined.push(event);
  }
  return joined;
}

function isDelta(event: CompletionEvent): event is Extract<CompletionEvent, { text: string }> {
  return event.type === "text.delta" || event.type === "thinking.delta";
}
