import type { CompletionFormat } from "../../../core/ports/wire-format.ts";
import { decodeChatCompletion } from "./decode.ts";
import { encodeChatCompletion } from "./encode.ts";
import { encodeOpenAiError } from "./errors.ts";
import { createChatStreamEncoder } from "./stream.ts";

/** OpenAI's Chat Completions. `createUuid` gives the random part of ids. */
export function createOpenAiChatFormat(createUuid: () => string): CompletionFormat {
  return {
    createId: () => `chatcmpl-${createUuid().replaceAll("-", "")}`,
    decode: decodeChatCompletion,
    encodeAnswer: encodeChatCompletion,
    openStream: createChatStreamEncoder,
    encodeError: encodeOpenAiError,
  };
}
