import type { ModelEvent } from "@gantry/contracts/model-call";
import { createOpenCalls } from "./open-calls.ts";
import { readPlace, readRecords, readText, toRecord, type JsonRecord } from "./read-json.ts";

/** What one answer says, and how much of it is passed on already. Undefined stands for what cannot be read. */
export interface AnswerContent {
  readEvent(type: string, event: JsonRecord): readonly ModelEvent[] | undefined;
  /** The whole output, at the answer's end: what of it had not come before. */
  readOutput(items: readonly JsonRecord[]): readonly ModelEvent[] | undefined;
  readonly refused: boolean;
  readonly calls: number;
}

/** What brings content; each later one repeats what the one before has said. */
type Source = "delta" | "done" | "item" | "output";

/**
 * Text and thinking are taken from the source that brings some first, since servers differ in which they send: pieces,
 * whole parts, whole items, or only the whole output at the end. Calls of tools have ids, and are completed from each.
 */
export function createAnswerContent(): AnswerContent {
  const calls = createOpenCalls();
  const said = createSaid();

  const readItem = (source: Source, event: JsonRecord, item: JsonRecord): readonly ModelEvent[] | undefined => {
    switch (item["type"]) {
      case "function_call": {
        said.endThinking();
        const opened = calls.open(event, item);
        return opened && [...opened, ...calls.complete(event, item, readText(item, "arguments"))];
      }
      case "message":
        return readRecords(item, "content").flatMap((part) => [
          ...said.text(source, readText(part, "text")),
          ...said.refusal(source, readText(part, "refusal")),
        ]);
      case "reasoning": {
        const parts = [...readRecords(item, "summary"), ...readRecords(item, "content")];
        const name = readText(item, "id") || readPlace(event, "output_index");
        return parts.flatMap((part, index) => said.thinking(source, `${name} ${index}`, readText(part, "text")));
      }
      default:
        return [];
    }
  };

  return {
    get refused() {
      return said.refused;
    },
    get calls() {
      return calls.count;
    },
    readOutput(items) {
      const read = items.map((item, index) => readItem("output", { output_index: index }, item));
      return read.some((events) => events === undefined) ? undefined : read.flatMap((events) => events ?? []);
    },
    readEvent(type, event) {
      switch (type) {
        case "response.output_item.added": {
          const item = toRecord(event["item"]);
          // Its arguments come later, in pieces or as a whole; those that stand here already come there again.
          if (item["type"] === "function_call") return readItem("item", event, { ...item, arguments: "" });
          return [];
        }
        case "response.output_item.done":
          return readItem("item", event, toRecord(event["item"]));
        case "response.output_text.delta":
          return said.text("delta", readText(event, "delta"));
        case "response.output_text.done":
          return said.text("done", readText(event, "text"));
        case "response.refusal.delta":
          return said.refusal("delta", readText(event, "delta"));
        case "response.refusal.done":
          return said.refusal("done", readText(event, "refusal"));
        case "response.reasoning_summary_text.delta":
        case "response.reasoning_text.delta":
          return said.thinking("delta", toPart(event), readText(event, "delta"));
        case "response.reasoning_summary_text.done":
        case "response.reasoning_text.done":
          return said.thinking("done", toPart(event), readText(event, "text"));
        case "response.function_call_arguments.delta":
          return calls.append(event, readText(event, "delta"));
        case "response.function_call_arguments.done":
          return calls.complete(event, {}, readText(event, "arguments"));
        default:
          return [];
      }
    },
  };
}

/** Text, refusals and thinking, each from one source alone. */
function createSaid() {
  const sources = new Map<string, Source>();
  let refused = false;
  /** Where the thinking stands that came last, while nothing else has come. */
  let lastThought: string | undefined;

  const take = (kind: string, source: Source, text: string) => {
    if (text === "") return false;
    if (!sources.has(kind)) sources.set(kind, source);
    return sources.get(kind) === source;
  };
  return {
    get refused() {
      return refused;
    },
    endThinking() {
      lastThought = undefined;
    },
    text(source: Source, text: string): readonly ModelEvent[] {
      if (!take("text", source, text)) return [];
      lastThought = undefined;
      return [{ type: "text.delta", text }];
    },
    refusal(source: Source, text: string): readonly ModelEvent[] {
      if (!take("refusal", source, text)) return [];
      refused = true;
      lastThought = undefined;
      return [{ type: "text.delta", text }];
    },
    /** The parts of a summary are paragraphs, with nothing between them. */
    thinking(source: Source, part: string, text: string): readonly ModelEvent[] {
      if (!take("thinking", source, text)) return [];
      const parted = lastThought !== undefined && lastThought !== part;
      lastThought = part;
      return [{ type: "thinking.delta", text: parted ? `\n\n${text}` : text }];
    },
  };
}

const toPart = (event: JsonRecord) =>
  [
    readText(event, "item_id") || readPlace(event, "output_index"),
    readPlace(event, "summary_index"),
    readPlace(event, "content_index"),
  ].join(" ");
