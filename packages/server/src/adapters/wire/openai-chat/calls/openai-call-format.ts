import type { CallerFormat } from "../../../../core/ports/call-format.ts";
import { encodeOpenAiError } from "../errors.ts";
import { decodeCall } from "../decode-call.ts";
import { createChatStreamEncoder } from "../stream.ts";
import { encodeCallAnswer } from "./encode-call-answer.ts";

/** OpenAI's Chat Completions, for clients whose model is served in another dialect. */
export function createOpenAiCallFormat(): CallerFormat {
  return {
    decodeCall: (body) => decodeCall(body, "direct"),
    encodeAnswer: encodeCallAnswer,
    openEncoder: createChatStreamEncoder,
    encodeError: encodeOpenAiError,
  };
}
