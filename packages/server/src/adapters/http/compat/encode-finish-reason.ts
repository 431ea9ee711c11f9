import type { FinishReason } from "@gantry/contracts/completion";

/** As clients of OpenAI know it. */
export function encodeFinishReason(reason: FinishReason): "stop" | "length" | "content_filter" {
  if (reason === "refusal") return "content_filter";
  return reason === "length" ? "length" : "stop";
}
