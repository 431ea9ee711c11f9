import type { ProviderFormat } from "../../../core/ports/call-format.ts";
import { decodeProviderError } from "../read-provider-error.ts";
import { decodeAnswer } from "./decode-answer.ts";
import { openDecoder } from "./decode-stream.ts";
import { encodeCall } from "./encode-call.ts";

/** OpenAI's Responses API, as an upstream. */
export function createOpenAiResponsesProvider(): ProviderFormat {
  return { encodeCall, decodeAnswer, openDecoder, decodeError: decodeProviderError };
}
