import type { CallerFormat } from "../../../core/ports/call-format.ts";
import { decodeCall } from "./decode-call.ts";
import { encodeAnswer } from "./encode-answer.ts";
import { encodeMessagesError } from "./errors.ts";
import { openStreamEncoder } from "./stream-encoder.ts";

/** Anthropic's Messages API, as its clients speak it. */
export function createAnthropicMessagesFormat(): CallerFormat {
  return { decodeCall, encodeAnswer, openEncoder: openStreamEncoder, encodeError: encodeMessagesError };
}
