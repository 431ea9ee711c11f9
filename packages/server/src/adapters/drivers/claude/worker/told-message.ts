import type { CliBlock } from "../cli-line.ts";

/** A message of the model as the CLI has recorded it. */
export interface RecordedMessage {
  readonly id: string;
  readonly model: string;
  readonly content: readonly CliBlock[];
}

/**
 * A message as the event stream of the Messages API: the answer to a call that the CLI makes again, with the same ids, thinking and signatures.
 * It has used nothing: it was paid when the model said it.
 */
export function toToldStream({ id, model, content }: RecordedMessage): string {
  const nothing = { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const message = {
    id,
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
  return [
    toEvent("message_start", { message: { ...message, usage: nothing } }),
    ...content.flatMap(toBlockEvents),
    toEvent("message_delta", { delta: { stop_reason: "tool_use", stop_sequence: null }, usage: { output_tokens: 0 } }),
    toEvent("message_stop", {}),
  ].join("");
}

function toBlockEvents(block: CliBlock, index: number): string[] {
  const { start, deltas } = takeApart(block);
  return [
    toEvent("content_block_start", { index, content_block: start }),
    ...deltas.map((delta) => toEvent("content_block_delta", { index, delta })),
    toEvent("content_block_stop", { index }),
  ];
}

function takeApart(block: CliBlock): { readonly start: object; readonly deltas: readonly object[] } {
  switch (block.type) {
    case "text":
      return { start: { type: "text", text: "" }, deltas: [{ type: "text_delta", text: block["text"] }] };
    case "thinking":
      return {
        start: { type: "thinking", thinking: "", signature: "" },
        deltas: [
          { type: "thinking_delta", thinking: block["thinking"] },
          { type: "signature_delta", signature: block["signature"] },
        ],
      };
    case "tool_use":
      return {
        start: { ...block, input: {} },
        deltas: [{ type: "input_json_delta", partial_json: JSON.stringify(block["input"] ?? {}) }],
      };
    default:
      return { start: block, deltas: [] };
  }
}

function toEvent(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
