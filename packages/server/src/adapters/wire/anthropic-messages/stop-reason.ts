import type { CallFinishReason } from "@gantry/contracts/model-call";

const stopReasons = {
  stop: "end_turn",
  stop_sequence: "stop_sequence",
  length: "max_tokens",
  tool_calls: "tool_use",
  refusal: "refusal",
  pause: "pause_turn",
} as const satisfies Record<CallFinishReason, string>;

export type StopReason = (typeof stopReasons)[CallFinishReason];

export function encodeStopReason(reason: CallFinishReason): StopReason {
  return stopReasons[reason];
}

const finishReasons: ReadonlyMap<string, CallFinishReason> = new Map([
  ["end_turn", "stop"],
  ["stop_sequence", "stop_sequence"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool_calls"],
  ["refusal", "refusal"],
  ["pause_turn", "pause"],
]);

/** One that is newer than this list counts as the answer's natural end. */
export function decodeStopReason(reason: unknown): CallFinishReason {
  return (typeof reason === "string" ? finishReasons.get(reason) : undefined) ?? "stop";
}
