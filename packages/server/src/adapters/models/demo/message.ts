import { countOutputTokens } from "./answer.ts";
import type { AnswerBlock, MessageAnswer } from "./answer.ts";
import type { InputUsage } from "./prompt-cache.ts";

/** An answer with all that the Messages API says about it. */
export interface Message {
  readonly id: string;
  readonly model: string;
  readonly answer: MessageAnswer;
  /** Ids of the answer's tool uses by block; others have none. */
  readonly toolUseIds: ReadonlyMap<AnswerBlock, string>;
  readonly inputUsage: InputUsage;
}

/** Stands for the seal that the vendor puts on thinking. */
export const thinkingSignature = Buffer.from("Gantry's demo model").toString("base64");

/** The message as it is sent unstreamed. */
export function toMessageBody(message: Message): object {
  const { answer } = message;
  return {
    ...toEnvelope(message),
    content: answer.blocks.map((block) => toContentBlock(block, block.deltas.join(""), message)),
    stop_reason: answer.stopReason,
    stop_sequence: answer.stopSequence,
    usage: toUsage(message, countOutputTokens(answer.blocks)),
  };
}

/** The message as `message_start` carries it: nothing said yet. */
export function toMessageStart(message: Message): object {
  return { ...toEnvelope(message), content: [], stop_reason: null, stop_sequence: null, usage: toUsage(message, 1) };
}

/** A content block as `content_block_start` carries it. */
export function toBlockStart(block: AnswerBlock, message: Message): object {
  if (block.type === "thinking") return { type: "thinking", thinking: "", signature: "" };
  if (block.type === "text") return { type: "text", text: "" };
  return { type: "tool_use", id: message.toolUseIds.get(block), name: block.name, input: {} };
}

function toContentBlock(block: AnswerBlock, text: string, message: Message): object {
  const start = toBlockStart(block, message);
  if (block.type === "thinking") return { ...start, thinking: text, signature: thinkingSignature };
  return block.type === "text" ? { ...start, text } : { ...start, input: block.input };
}

function toEnvelope({ id, model }: Message): object {
  return { id, type: "message", role: "assistant", model };
}

/** Input and output figures together. */
export function toUsage({ inputUsage }: Message, outputTokens: number): object {
  return { ...inputUsage, output_tokens: outputTokens, service_tier: "standard" };
}
