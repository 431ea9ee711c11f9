import { noUsage } from "@gantry/contracts/completion";
import type { ModelEvent } from "@gantry/contracts/model-call";
import type { AnswerHead } from "../../../core/ports/call-format.ts";
import { parseArguments } from "./arguments.ts";
import { encodeStopReason, type StopReason } from "./stop-reason.ts";
import { encodeUsage, type MessagesUsage } from "./usage.ts";

export interface MessageBody {
  readonly id: string;
  readonly type: "message";
  readonly role: "assistant";
  readonly model: string;
  readonly content: readonly AnswerBlock[];
  readonly stop_reason: StopReason | null;
  readonly stop_sequence: string | null;
  readonly usage: MessagesUsage;
}

export type AnswerBlock =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "redacted_thinking"; readonly data: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: unknown };

/** Encodes a whole answer as a message, from all of its events; blocks come in the order in which they began. */
export function encodeAnswer(events: readonly ModelEvent[], head: AnswerHead): MessageBody {
  const end = events.findLast((event) => event.type === "call.finished");
  return {
    ...encodeMessageHead(head),
    content: gatherBlocks(events).map(toAnswerBlock),
    stop_reason: end === undefined ? null : encodeStopReason(end.reason),
    stop_sequence: end?.stopSequence ?? null,
    usage: encodeUsage(end?.usage ?? noUsage),
  };
}

/** What every message says of itself. */
export function encodeMessageHead({ id, model }: AnswerHead) {
  return { id, type: "message", role: "assistant", model } as const;
}

/** A block with its text as it grows; of a tool's call that is the JSON of its arguments. */
type GrowingBlock =
  | { readonly type: "text"; text: string }
  | { readonly type: "thinking"; text: string; signature: string }
  | { readonly type: "redacted_thinking"; readonly data: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; text: string };

function gatherBlocks(events: readonly ModelEvent[]): readonly GrowingBlock[] {
  const blocks: GrowingBlock[] = [];
  const calls = new Map<number, Extract<GrowingBlock, { type: "tool_use" }>>();
  const begin = <Block extends GrowingBlock>(block: Block): Block => {
    blocks.push(block);
    return block;
  };
  const unsealed = () => {
    const last = blocks.at(-1);
    return last?.type === "thinking" && last.signature === ""
      ? last
      : begin({ type: "thinking", text: "", signature: "" });
  };
  for (const event of events) {
    if (event.type === "text.delta") {
      const last = blocks.at(-1);
      if (last?.type === "text") last.text += event.text;
      else if (event.text !== "") begin({ type: "text", text: event.text });
    } else if (event.type === "thinking.delta") {
      if (event.text !== "") unsealed().text += event.text;
    } else if (event.type === "thinking.signed") unsealed().signature = event.signature;
    else if (event.type === "thinking.redacted") begin({ type: "redacted_thinking", data: event.data });
    else if (event.type === "tool_call.started") {
      calls.set(event.index, begin({ type: "tool_use", id: event.id, name: event.name, text: "" }));
    } else if (event.type === "tool_call.delta") {
      const call = calls.get(event.index);
      if (call !== undefined) call.text += event.arguments;
    }
  }
  return blocks;
}

function toAnswerBlock(block: GrowingBlock): AnswerBlock {
  switch (block.type) {
    case "text":
      return { type: "text", text: block.text };
    case "thinking":
      return { type: "thinking", thinking: block.text, signature: block.signature };
    case "redacted_thinking":
      return { type: "redacted_thinking", data: block.data };
    case "tool_use": {
      const { id, name, text } = block;
      // Where the model wrote no JSON object, the client gets what it wrote, as it does in a stream.
      return { type: "tool_use", id, name, input: parseArguments(text) ?? text };
    }
  }
}
