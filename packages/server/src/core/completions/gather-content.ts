import type { CompletionEvent } from "@gantry/contracts/completion";
import type { ToolCallBlock } from "@gantry/contracts/content";
import type { ModelEvent } from "@gantry/contracts/model-call";

/** What an answer says, put together from its deltas. */
export interface AnswerContent {
  readonly text: string;
  /** Empty where the model did not think aloud. */
  readonly thinking: string;
  /** In the order in which they began. */
  readonly calls: readonly ToolCallBlock[];
}

export interface ContentGatherer {
  /** Events that are no content have no effect. */
  add(event: CompletionEvent | ModelEvent): void;
  read(): AnswerContent;
}

/** A tool call without arguments: clients parse what they get, and an empty string is no JSON. */
export const noArguments = "{}";

export function createContentGatherer(): ContentGatherer {
  let text = "";
  let thinking = "";
  const calls = new Map<number, { readonly id: string; readonly name: string; written: string }>();
  return {
    add(event) {
      if (event.type === "text.delta") text += event.text;
      else if (event.type === "thinking.delta") thinking += event.text;
      else if (event.type === "tool_call.started") {
        calls.set(event.index, { id: event.id, name: event.name, written: "" });
      } else if (event.type === "tool_call.delta") {
        const call = calls.get(event.index);
        if (call !== undefined) call.written += event.arguments;
      }
    },
    read: () => ({ text, thinking, calls: [...calls.values()].map(toBlock) }),
  };
}

function toBlock({ id, name, written }: { id: string; name: string; written: string }): ToolCallBlock {
  return { type: "tool_call", id, name, arguments: written === "" ? noArguments : written };
}
