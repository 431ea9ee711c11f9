import type { Worker, WorkEvent } from "../../packages/server/src/core/ports/work-driver.ts";

/** All events of a turn. */
export async function collect(events: AsyncIterable<WorkEvent>): Promise<readonly WorkEvent[]> {
  const all: WorkEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** Asks with a text, to the end. */
export function ask(worker: Worker, text: string): Promise<readonly WorkEvent[]> {
  return collect(worker.prompt([{ type: "text", text }], new AbortController().signal));
}

/** All that was said by the main conversation. */
export function textOf(events: readonly WorkEvent[]): string {
  return events
    .flatMap((event) => (event.type === "text" && event.parentToolUseId === undefined ? [event.text] : []))
    .join("\n");
}

export type EventOf<Type extends WorkEvent["type"]> = Extract<WorkEvent, { type: Type }>;

export function eventsOf<Type extends WorkEvent["type"]>(events: readonly WorkEvent[], type: Type): EventOf<Type>[] {
  return events.filter((event): event is EventOf<Type> => event.type === type);
}

/** The results of a turn's calls as text, by the name of the tool, in the order of the results. */
export function resultsOf(
  events: readonly WorkEvent[],
): readonly { readonly tool: string; readonly text: string; readonly isError: boolean }[] {
  const calls = new Map(eventsOf(events, "tool.used").map(({ call }) => [call.id, call]));
  return eventsOf(events, "tool.result").map(({ toolUseId, content, isError }) => ({
    tool: calls.get(toolUseId)?.tool ?? "",
    text: content.map((block) => (block.type === "text" ? block.text : `[${block.type}]`)).join(""),
    isError,
  }));
}
