import type { SeedBlock, SeedMessage } from "../../../../core/ports/work-driver.ts";
import type { CliBlock } from "../cli-line.ts";
import type { ConversationPlan, PlannedMessage } from "./conversation-plan.ts";
import { toWireWorkBlock } from "./work-blocks.ts";

export interface SeedParts {
  readonly sessionId: string;
  readonly model: string;
  readonly timestamp: string;
  readonly createId: () => string;
}

/**
 * Plans how to begin with a conversation that was written down elsewhere. What a transcript holds must end with the model's text, so the part since the user's last message
 * is told by the input where it does not; calls without a result are open.
 */
export function planSeed(seed: readonly SeedMessage[], parts: SeedParts): ConversationPlan {
  const messages = seed.map(({ role, content }): PlannedMessage => ({ role, content: content.map(toWireSeedBlock) }));
  const last = messages.at(-1);
  const isSettled = last?.role === "assistant" && last.content.every(({ type }) => type !== "tool_use");
  const from = isSettled ? messages.length : messages.findLastIndex(isPrompt);
  const kept = from === -1 ? [] : messages.slice(0, from);
  const told = isSettled ? [] : messages.slice(Math.max(from, 0));
  const hasOpenCalls = last?.role === "assistant" && !isSettled;
  return {
    transcript: kept.length === 0 ? undefined : toTranscript(kept, parts),
    messages: hasOpenCalls ? told.slice(0, -1) : told,
    open: hasOpenCalls ? { id: toMessageId(parts), model: parts.model, content: last.content } : undefined,
    totals: undefined,
  };
}

function isPrompt({ role, content }: PlannedMessage): boolean {
  return role === "user" && content.every(({ type }) => type !== "tool_result");
}

function toWireSeedBlock(block: SeedBlock): CliBlock {
  if (block.type === "tool_use") return { type: "tool_use", id: block.id, name: block.name, input: block.input };
  if (block.type !== "tool_result") return toWireWorkBlock(block);
  const content = block.content.map(toWireWorkBlock);
  return { type: "tool_result", tool_use_id: block.toolUseId, content, is_error: block.isError };
}

/** A row carries no more than both tested releases need, see `transcript.ts` of the chat. */
function toTranscript(messages: readonly PlannedMessage[], parts: SeedParts): string {
  const { sessionId, timestamp, createId } = parts;
  let parentUuid: string | null = null;
  const rows = messages.map(({ role, content }) => {
    const uuid = createId();
    const message = role === "user" ? { role, content } : toEnvelope(content, parts);
    const row = JSON.stringify({ parentUuid, sessionId, type: role, message, uuid, timestamp });
    parentUuid = uuid;
    return row;
  });
  return `${rows.join("\n")}\n`;
}

function toEnvelope(content: readonly CliBlock[], parts: SeedParts): object {
  return {
    id: toMessageId(parts),
    type: "message",
    role: "assistant",
    model: parts.model,
    content,
    stop_reason: content.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
  };
}

function toMessageId({ createId }: SeedParts): string {
  return `msg_${createId().replaceAll("-", "")}`;
}
