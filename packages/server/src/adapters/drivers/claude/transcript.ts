import type { Message } from "@gantry/contracts/completion";
import type { HomeFile, ProcessPlace } from "../../../core/ports/process-host.ts";
import { toAssistantBlocks, toAssistantEnvelope, toWireBlock } from "./user-line.ts";

/**
 * Writes a conversation in the form the CLI resumes from: one JSON row a message under
 * `.claude/projects/<working directory with - for every other character>/<session>.jsonl`.
 * A row carries no more than both tested releases need. The history must end with an assistant's text: calls without
 * results, and results without an answer, the CLI takes for a turn that was interrupted.
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
