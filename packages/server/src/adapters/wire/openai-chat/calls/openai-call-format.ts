import type { CallerFormat } from "../../../../core/ports/call-format.ts";
import { encodeOpenAiError } from "../errors.ts";
import { createCallStreamEncoder } from "./call-stream-encoder.ts";
import { decodeCall } from "./decode-call.ts";
import { encodeCallAnswer } from "./encode-call-answer.ts";

/** OpenAI's Chat Completions, for clients whose model is served in another dialect. */
export function createOpenAiCallFormat(): CallerFormat {
  return {
    decodeCall,
    encodeAnswer: encodeCallAnswer,
    openEncoder: createCallStreamEncoder,
    encodeError: encodeOpenAiError,
  };
}
