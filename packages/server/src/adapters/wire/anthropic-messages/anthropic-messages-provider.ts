import type { ProviderFormat } from "../../../core/ports/call-format.ts";
import { decodeProviderError } from "../read-provider-error.ts";
import { decodeAnswer } from "./decode-answer.ts";
import { encodeCall } from "./encode-call.ts";
import { openStreamDecoder } from "./stream-decoder.ts";

/** Anthropic's Messages API, as its upstreams speak it. */
export function createAnthropicMessagesProvider(): ProviderFormat {
  return { encodeCall, decodeAnswer, openDecoder: openStreamDecoder, decodeError: decodeProviderError };
}
