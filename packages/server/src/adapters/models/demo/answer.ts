import { countBytes, keepLength, keepTokens } from "./text-deltas.ts";
import { toTokens } from "./token-count.ts";

/** What the demo model does with one request. `delayMs` passes before anything is sent. */
export type Answer = (MessageAnswer | ErrorAnswer | { readonly kind: "silence" }) & { readonly delayMs: number };

export interface MessageAnswer {
  readonly kind: "message";
  readonly blocks: readonly AnswerBlock[];
  readonly stopReason: string;
  readonly stopSequence: string | null;
  /** Pause between two deltas. */
  readonly paceMs: number;
  /** What happens behind the last delta: the answer is finished, nothing more ever comes, or the connection is cut. */
  readonly ending: "finished" | "silent" | "cut";
}

export interface ErrorAnswer {
  readonly kind: "error";
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A content block with its deltas: text, or for a tool's use the JSON of its input. */
export type AnswerBlock =
  | { readonly type: "thinking"; readonly deltas: readonly string[] }
  | { readonly type: "text"; readonly deltas: readonly string[] }
  | { readonly type: "tool_use"; readonly name: string; readonly input: object; readonly deltas: readonly string[] };

/** Output tokens of an answer: its thinking, text and tool input together; at least 1. */
export function countOutputTokens(blocks: readonly AnswerBlock[]): number {
  return Math.max(1, toTokens(blocks.reduce((sum, { deltas }) => sum + countBytes(deltas), 0)));
}

export interface Bounds {
  readonly maxTokens: number | undefined;
  readonly stopSequences: readonly string[];
}

/**
 * Ends an answer where a real model would: at `max_tokens`, or before the first stop sequence in a text block. A tool's
 * use that does not fit into `max_tokens` is left out as a whole.
 */
export function applyBounds(answer: MessageAnswer, bounds: Bounds): MessageAnswer {
  const kept: AnswerBlock[] = [];
  for (const block of answer.blocks) {
    const fitting = fitTokens(kept, block, bounds.maxTokens);
    const stop = fitting?.type === "text" ? cutAtStopSequence(fitting.deltas, bounds.stopSequences) : undefined;
    if (stop) {
      if (stop.deltas.length > 0) kept.push({ type: "text", deltas: stop.deltas });
      return { ...answer, blocks: kept, stopReason: "stop_sequence", stopSequence: stop.sequence, ending: "finished" };
    }
    if (fitting) kept.push(fitting);
    if (fitting !== block) {
      return { ...answer, blocks: kept, stopReason: "max_tokens", stopSequence: null, ending: "finished" };
    }
  }
  return answer;
}

/** The block as it is where it fits behind the others, a shortened one, or undefined where nothing of it fits. */
function fitTokens(
  before: readonly AnswerBlock[],
  block: AnswerBlock,
  maxTokens: number | undefined,
): AnswerBlock | undefined {
  if (maxTokens === undefined || countOutputTokens([...before, block]) <= maxTokens) return block;
  if (block.type === "tool_use") return undefined;
  const used = before.reduce((sum, { deltas }) => sum + countBytes(deltas), 0);
  const deltas = keepTokens(block.deltas, maxTokens, used);
  return deltas.length > 0 ? { type: block.type, deltas } : undefined;
}

function cutAtStopSequence(
  deltas: readonly string[],
  sequences: readonly string[],
): { deltas: string[]; sequence: string } | undefined {
  const wanted = sequences.filter((sequence) => sequence !== "");
  if (wanted.length === 0) return undefined;
  const text = deltas.join("");
  let first: { at: number; sequence: string } | undefined;
  for (const sequence of wanted) {
    const at = text.indexOf(sequence);
    if (at !== -1 && (first === undefined || at < first.at)) first = { at, sequence };
  }
  return first && { deltas: keepLength(deltas, first.at), sequence: first.sequence };
}
