import { toJsonLine } from "../to-json-line.ts";

export interface ChunkSettings {
  /** Such as `chatcmpl-…`; the same in all chunks. */
  readonly id: string;
  /** Epoch seconds. */
  readonly created: number;
  readonly model: string;
  /** The client asked for a last chunk with the usage. */
  readonly includeUsage: boolean;
  readonly systemFingerprint?: string;
}

/** Puts together what is the same in all chunks of one answer, so that a chunk costs little more than its text. */
export function createChunkFrame({ id, created, model, includeUsage, systemFingerprint }: ChunkSettings) {
  const constants = {
    id,
    object: "chat.completion.chunk",
    created,
    model,
    ...(systemFingerprint !== undefined && { system_fingerprint: systemFingerprint }),
  };
  const head = `data: ${toJsonLine(constants).slice(0, -1)},"choices":[`;
  const choiceHead = `${head}{"index":0,"delta":`;
  const noUsage = includeUsage ? ',"usage":null' : "";
  const choiceTail = (finishReason: string) => `,"logprobs":null,"finish_reason":${finishReason}}]${noUsage}}\n\n`;
  const contentHead = `${choiceHead}{"content":`;
  const thinkingHead = `${choiceHead}{"reasoning_content":`;
  const deltaTail = `}${choiceTail("null")}`;
  return {
    content: (text: string) => contentHead + toJsonLine(text) + deltaTail,
    thinking: (text: string) => thinkingHead + toJsonLine(text) + deltaTail,
    /** Both arguments are JSON. */
    choice: (delta: string, finishReason: string) => choiceHead + delta + choiceTail(finishReason),
    /** JSON too. */
    usage: (usage: string, cost?: string) =>
      `${head}],"usage":${usage}${cost === undefined ? "" : `,"cost":${cost}`}}\n\n`,
  };
}
