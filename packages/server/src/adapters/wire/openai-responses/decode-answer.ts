import type { ModelEvent } from "@gantry/contracts/model-call";
import { createAnswerReader, unreadableAnswer } from "./read-answer.ts";
import { isRecord, readText } from "./read-json.ts";

/** Reads a whole answer as a stream of one event, its last, which says everything that was not said before. */
export function decodeAnswer(body: unknown): readonly ModelEvent[] {
  const reader = createAnswerReader();
  if (!isRecord(body)) return reader.fail(unreadableAnswer);
  const status = readText(body, "status") || (Array.isArray(body["output"]) ? "completed" : "");
  const events = status === "" ? reader.read("", body) : reader.read(`response.${status}`, { response: body });
  return [...events, ...reader.fail(unreadableAnswer)];
}
