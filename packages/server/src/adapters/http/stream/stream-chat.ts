import type { CompletionEvent, TokenUsage } from "@gantry/contracts/completion";
import type { MeteredRequest } from "../../../core/completions/metered-completions.ts";
import { type ChatParts, startChat } from "../chat/start-chat.ts";
import { toErrorFrame } from "./stream-frames.ts";

/** Resolves when the client may be sent more. */
export type WriteFrame = (frame: Readonly<Record<string, unknown>>) => Promise<void>;

/** The model of a frame that names none. */
const fallbackModel = "sonnet";

/**
 * Answers one `chat` frame with the model's own deltas, no faster than the client takes them. Its fields are those of the body of a chat
 * completion. Rejects with a `FailureError` where the answer cannot begin; false where it was cut before its last word.
 */
export async function streamChat(
  parts: ChatParts,
  body: Readonly<Record<string, unknown>>,
  request: Omit<MeteredRequest, "completion">,
  write: WriteFrame,
): Promise<boolean> {
  const { answer, principal } = await startChat(parts, { ...body, model: body["model"] ?? fallbackModel }, request);
  let isWhole = false;
  for await (const event of answer.events) {
    isWhole = event.type === "answer.finished" || event.type === "answer.failed";
    const frame = toFrame(event);
    if (frame === undefined) continue;
    if (event.type !== "answer.finished") await write(frame);
    else {
      const charged = { model: answer.model, project_id: principal.projectId, usage_id: request.requestId };
      await write({ ...frame, ...(answer.cached && { cost: 0 }), ...charged });
    }
  }
  return isWhole;
}

function toFrame(event: CompletionEvent): Readonly<Record<string, unknown>> | undefined {
  switch (event.type) {
    case "text.delta":
      return event.text === "" ? undefined : { type: "token", content: event.text };
    case "thinking.delta":
      return event.text === "" ? undefined : { type: "thinking", content: event.text };
    case "tool_call.started":
      return { type: "tool_call", index: event.index, id: event.id, name: event.name };
    case "tool_call.delta":
      return event.arguments === ""
        ? undefined
        : { type: "tool_arguments", index: event.index, content: event.arguments };
    case "answer.finished":
      return {
        type: "done",
        usage: toUsage(event.usage),
        cost: event.costMicros === undefined ? null : event.costMicros / 1_000_000,
        finish_reason: event.reason,
      };
    case "answer.failed":
      return toErrorFrame(event.error);
    case "answer.started":
    case "thinking.signed":
    case "thinking.redacted":
    case "upstream.retried":
      return undefined;
  }
}

/** By the names of the socket, and by those of the other routes. */
function toUsage({ inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens: output }: TokenUsage) {
  const input = inputTokens + cacheReadTokens + cacheWriteTokens;
  const total = input + output;
  return { input, output, total, input_tokens: input, output_tokens: output, total_tokens: total };
}
