import type { UsageTap } from "../../../core/ports/call-format.ts";
import { openAnswerTap } from "./answer-tap.ts";
import { openStreamTap } from "./stream-tap.ts";

/** Reads the figures of a message that is passed on as it is, streamed or whole. */
export function openMessagesTap(streamed: boolean): UsageTap {
  return streamed ? openStreamTap() : openAnswerTap();
}
