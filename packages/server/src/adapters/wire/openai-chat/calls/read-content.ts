import type { ModelEvent } from "@gantry/contracts/model-call";
import { isRecord } from "../../check-shape.ts";

/** What a delta or a whole message says, without its tool calls. What the model refuses to do it says as text. */
export function readContent(said: Readonly<Record<string, unknown>>): {
  readonly events: readonly ModelEvent[];
  readonly isRefusal: boolean;
} {
  // Not OpenAI's: the first name is DeepSeek's, the second Ollama's and OpenRouter's; some servers send both.
  const thinking = toText(said["reasoning_content"]) || toText(said["reasoning"]);
  const content = said["content"];
  const refusal = toText(said["refusal"]);
  return {
    events: [
      ...toDelta("thinking.delta", thinking),
      ...(Array.isArray(content) ? content.flatMap(readPart) : toDelta("text.delta", toText(content))),
      ...toDelta("text.delta", refusal),
    ],
    isRefusal: refusal !== "",
  };
}

/** Mistral's reasoning models say what they say in parts. */
function readPart(part: unknown): readonly ModelEvent[] {
  if (!isRecord(part)) return [];
  if (!Array.isArray(part["thinking"])) return toDelta("text.delta", toText(part["text"]));
  return part["thinking"].flatMap((each) => toDelta("thinking.delta", isRecord(each) ? toText(each["text"]) : ""));
}

function toDelta(type: "text.delta" | "thinking.delta", text: string): readonly ModelEvent[] {
  return text === "" ? [] : [{ type, text }];
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
