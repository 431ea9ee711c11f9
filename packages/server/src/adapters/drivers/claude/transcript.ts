import type { Message } from "@gantry/contracts/completion";
import type { HomeFile, ProcessPlace } from "../../../core/ports/process-host.ts";
import { toAssistantBlocks, toWireBlock } from "./user-line.ts";

/**
 * Writes a conversation in the form the CLI resumes from: one JSON row a message under
 * `.claude/projects/<working directory with - for every other character>/<session>.jsonl`.
 * A row carries no more than both tested releases need; 2.1.197 exits in silence where an assistant's row lacks the
 * envelope of a Messages API answer. The history must end with an assistant's text.
 */
export function toTranscriptFile(
  place: ProcessPlace,
  sessionId: string,
  model: string,
  history: readonly Message[],
  timestamp: string,
  createId: () => string,
): HomeFile {
  let parentUuid: string | null = null;
  const rows: string[] = [];
  for (const { role, content } of history) {
    const uuid = createId();
    const message =
      role === "user"
        ? { role, content: content.map(toWireBlock) }
        : toAssistantEnvelope(`msg_${uuid.replaceAll("-", "")}`, model, toAssistantBlocks(content));
    rows.push(JSON.stringify({ parentUuid, sessionId, type: role, message, uuid, timestamp }));
    parentUuid = uuid;
  }
  const project = place.workingDirectory.replaceAll(/[^a-zA-Z0-9]/g, "-");
  return { path: `.claude/projects/${project}/${sessionId}.jsonl`, content: `${rows.join("\n")}\n` };
}

function toAssistantEnvelope(id: string, model: string, content: readonly unknown[]): object {
  return {
    id,
    type: "message",
    role: "assistant",
    model,
    content,
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
  };
}
