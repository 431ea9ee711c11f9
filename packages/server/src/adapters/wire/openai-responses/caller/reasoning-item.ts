import type { RedactedThinkingBlock, ThinkingBlock } from "@gantry/contracts/content";
import type { ResponseItem } from "../../../../core/ports/responses-format.ts";
import type { ItemStatus } from "./output-items.ts";
import type { ItemPlace } from "./said-items.ts";
import { packThinking } from "./sealed-thinking.ts";

export interface ReasoningItem {
  readonly kind: "reasoning";
  open(): string;
  grow(text: string): string;
  seal(signature: string): string;
  redact(data: string): string;
  close(status: ItemStatus): string;
  show(): ResponseItem;
}

export interface ReasoningSettings extends ItemPlace {
  /** Whether the client asked for a summary, which here is the thought itself. */
  readonly showsThinking: boolean;
  readonly givesSeals: boolean;
}

/** What the model thinks: each thought up to its seal is one part of the summary. */
export function createReasoningItem(settings: ReasoningSettings): ReasoningItem {
  const { id, outputIndex, emit, showsThinking, givesSeals } = settings;
  const blocks: (ThinkingBlock | RedactedThinkingBlock)[] = [];
  const parts: string[] = [];
  /** The thought that is being written. */
  let text: string | undefined;
  let isClosed = false;

  const toPart = (said: string) => ({ type: "summary_text", text: said });
  const at = () => ({ item_id: id, output_index: outputIndex, summary_index: parts.length });
  const show = (withSeals: boolean): ResponseItem => ({
    id,
    type: "reasoning",
    summary: (showsThinking && text !== undefined ? [...parts, text] : parts).map(toPart),
    ...(withSeals && { encrypted_content: packThinking(blocks) }),
  });
  const endThought = (signature?: string): string => {
    if (text === undefined && signature === undefined) return "";
    const said = text ?? "";
    const hadText = text !== undefined;
    text = undefined;
    blocks.push({ type: "thinking", text: said, ...(signature !== undefined && { signature }) });
    if (!showsThinking || !hadText) return "";
    const place = at();
    parts.push(said);
    return (
      emit("response.reasoning_summary_text.done", { ...place, text: said }) +
      emit("response.reasoning_summary_part.done", { ...place, part: toPart(said) })
    );
  };

  return {
    kind: "reasoning",
    open: () => emit("response.output_item.added", { output_index: outputIndex, item: show(false) }),
    grow(delta) {
      const isNew = text === undefined;
      text = (text ?? "") + delta;
      if (!showsThinking) return "";
      const opening = isNew ? emit("response.reasoning_summary_part.added", { ...at(), part: toPart("") }) : "";
      return opening + emit("response.reasoning_summary_text.delta", { ...at(), delta });
    },
    seal: (signature) => endThought(signature),
    redact(data) {
      const ended = endThought();
      blocks.push({ type: "redacted_thinking", data });
      return ended;
    },
    close() {
      if (isClosed) return "";
      const ended = endThought();
      isClosed = true;
      return ended + emit("response.output_item.done", { output_index: outputIndex, item: show(givesSeals) });
    },
    show: () => show(true),
  };
}
