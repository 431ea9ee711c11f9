import type { ResponseItem } from "../../../../core/ports/responses-format.ts";
import type { Emit, ItemStatus } from "./output-items.ts";

export interface ItemPlace {
  readonly id: string;
  readonly outputIndex: number;
  readonly emit: Emit;
}

export interface MessageItem {
  readonly kind: "message";
  open(): string;
  grow(text: string): string;
  /** Nothing where it is closed already. */
  close(status: ItemStatus): string;
  show(): ResponseItem;
}

/** What the model says: one part of text. */
export function createMessageItem({ id, outputIndex, emit }: ItemPlace): MessageItem {
  let text = "";
  let status: ItemStatus = "in_progress";
  const part = () => ({ type: "output_text", text, annotations: [], logprobs: [] });
  const show = (content: readonly object[]): ResponseItem => ({
    id,
    type: "message",
    status,
    role: "assistant",
    content,
  });
  const at = { item_id: id, output_index: outputIndex, content_index: 0 };
  return {
    kind: "message",
    open: () =>
      emit("response.output_item.added", { output_index: outputIndex, item: show([]) }) +
      emit("response.content_part.added", { ...at, part: part() }),
    grow(delta) {
      text += delta;
      return emit("response.output_text.delta", { ...at, delta, logprobs: [] });
    },
    close(ended) {
      if (status !== "in_progress") return "";
      status = ended;
      return (
        emit("response.output_text.done", { ...at, text, logprobs: [] }) +
        emit("response.content_part.done", { ...at, part: part() }) +
        emit("response.output_item.done", { output_index: outputIndex, item: show([part()]) })
      );
    },
    show: () => show([part()]),
  };
}

export interface CallItem {
  readonly kind: "call";
  open(): string;
  grow(text: string): string;
  close(status: ItemStatus): string;
  show(): ResponseItem;
}

/** A call of a tool without arguments: clients parse what they get, and an empty string is no JSON. */
const noArguments = "{}";

export function createCallItem({
  id,
  outputIndex,
  emit,
  callId,
  name,
}: ItemPlace & { readonly callId: string; readonly name: string }): CallItem {
  let written = "";
  let status: ItemStatus = "in_progress";
  const show = (): ResponseItem => ({ id, type: "function_call", status, call_id: callId, name, arguments: written });
  const at = { item_id: id, output_index: outputIndex };
  const grow = (delta: string) => {
    written += delta;
    return emit("response.function_call_arguments.delta", { ...at, delta });
  };
  return {
    kind: "call",
    open: () => emit("response.output_item.added", { output_index: outputIndex, item: show() }),
    grow,
    close(ended) {
      if (status !== "in_progress") return "";
      const filled = written === "" ? grow(noArguments) : "";
      status = ended;
      return (
        filled +
        emit("response.function_call_arguments.done", { ...at, name, arguments: written }) +
        emit("response.output_item.done", { output_index: outputIndex, item: show() })
      );
    },
    show,
  };
}
