import type { CompletionEvent } from "@gantry/contracts/completion";
import type { ContentBlock } from "@gantry/contracts/content";

/** Puts an answer together as the client may send it back: what was thought is left out. */
export interface AnswerRecorder {
  take(event: CompletionEvent): void;
  readonly content: readonly ContentBlock[];
  /** Of text, thinking and arguments, in characters. */
  readonly length: number;
}

export function createAnswerRecorder(): AnswerRecorder {
  const content: ContentBlock[] = [];
  const places = new Map<number, number>();
  let length = 0;

  function addText(text: string): void {
    const last = content.at(-1);
    if (last?.type === "text") content[content.length - 1] = { type: "text", text: last.text + text };
    else content.push({ type: "text", text });
  }

  function addArguments(index: number, more: string): void {
    const place = places.get(index) ?? -1;
    const call = content[place];
    if (call?.type === "tool_call") content[place] = { ...call, arguments: call.arguments + more };
  }

  return {
    take(event) {
      if (event.type === "text.delta") addText(event.text);
      if (event.type === "text.delta" || event.type === "thinking.delta") length += event.text.length;
      if (event.type === "tool_call.started") {
        places.set(event.index, content.length);
        content.push({ type: "tool_call", id: event.id, name: event.name, arguments: "" });
      }
      if (event.type === "tool_call.delta") {
        addArguments(event.index, event.arguments);
        length += event.arguments.length;
      }
    },
    content,
    get length() {
      return length;
    },
  };
}
