import type { ProviderFormat } from "../../../../core/ports/call-format.ts";
import { decodeProviderError } from "../../read-provider-error.ts";
import { createAnswerReader } from "./answer-reader.ts";
import { createCallStreamDecoder } from "./call-stream-decoder.ts";
import { encodeCall } from "./encode-call.ts";
import type { ServerManner } from "./server-manner.ts";

/**
 * OpenAI's Chat Completions, as an upstream of this manner. `createUuid` gives the random part of ids for tool calls that
 * come without one: clients tell calls apart by their ids over a whole conversation.
 */
export function createOpenAiChatProvider(manner: ServerManner, createUuid: () => string): ProviderFormat {
  const createCallId = () => `call_${createUuid().replaceAll("-", "")}`;
  return {
    encodeCall: (call, model) => encodeCall(call, model, manner),
    decodeAnswer(body) {
      const reader = createAnswerReader(createCallId);
      return [...reader.read(body), ...reader.close()];
    },
    openDecoder: () => createCallStreamDecoder(createCallId),
    decodeError: decodeProviderError,
  };
}
