import { toJsonLine } from "../to-json-line.ts";
import { createObjectEnd, type ObjectEnd } from "./object-end.ts";

type GrowingKind = "text" | "thinking";

/**
 * Writes the blocks of a message one after the other, as the Messages API has them, though a model may write several tool
 * calls at once: the block that began first is sent as it comes, those behind it are held until it is whole. A text is
 * whole when another block begins, a tool call when its JSON is closed, anything when the answer ends.
 */
export interface BlockSequence {
  /** To the text or the thinking that is being written, or to a new block. All of these give the events to be sent. */
  grow(kind: GrowingKind, text: string): string;
  /** Seals the thinking that is being written. */
  sign(signature: string): string;
  redact(data: string): string;
  /** `index` tells the calls apart. */
  openCall(index: number, id: string, name: string): string;
  growCall(index: number, text: string): string;
  /** The answer has ended: all that is held, and the last block's end. */
  finish(): string;
}

interface Block {
  readonly kind: GrowingKind | "redacted_thinking" | "tool_use";
  /** The block as it begins, as JSON. */
  readonly start: string;
  /** Deltas that are held, as JSON. */
  held: string[];
  isWhole: boolean;
  /** Of a tool call. */
  readonly end?: ObjectEnd;
}

export function createBlockSequence(): BlockSequence {
  /** The first is being sent. */
  const waiting: Block[] = [];
  const calls = new Map<number, Block>();
  let index = -1;
  let deltaHead = "";

  function begin(block: Block): string {
    const last = waiting.at(-1);
    if (last !== undefined && last.end === undefined) last.isWhole = true;
    waiting.push(block);
    return waiting.length === 1 ? send(block) : advance();
  }
  function send({ start, held }: Block): string {
    index += 1;
    deltaHead = toHead("content_block_delta", `"index":${index},"delta":`);
    const head = toHead("content_block_start", `"index":${index},"content_block":`);
    return `${head}${start}}\n\n${held.map((delta) => `${deltaHead}${delta}}\n\n`).join("")}`;
  }
  function stop(): string {
    return `${toHead("content_block_stop", `"index":${index}`)}}\n\n`;
  }
  /** Goes on to the next block while the first is whole. */
  function advance(): string {
    let events = "";
    while (waiting.length > 1 && waiting[0]?.isWhole) events += next();
    return events;
  }
  function next(): string {
    waiting.shift();
    const [block] = waiting;
    return stop() + (block === undefined ? "" : send(block));
  }
  function add(block: Block, delta: string): string {
    if (block === waiting[0]) return `${deltaHead}${delta}}\n\n`;
    // Also what a call says behind the end of its JSON, where its block may be closed already: it is never sent.
    block.held.push(delta);
    return "";
  }
  /** The last block where it is of this kind and still open, or a new one. */
  function growing(kind: GrowingKind): readonly [block: Block, events: string] {
    const last = waiting.at(-1);
    if (last?.kind === kind && !last.isWhole) return [last, ""];
    const block = toBlock(kind, kind === "text" ? emptyText : emptyThinking);
    return [block, begin(block)];
  }

  return {
    grow(kind, text) {
      if (text === "") return "";
      const [block, events] = growing(kind);
      const line = toJsonLine(text);
      const delta =
        kind === "text" ? `{"type":"text_delta","text":${line}}` : `{"type":"thinking_delta","thinking":${line}}`;
      return events + add(block, delta);
    },
    sign(signature) {
      const [block, events] = growing("thinking");
      const signed = add(block, `{"type":"signature_delta","signature":${toJsonLine(signature)}}`);
      block.isWhole = true;
      return events + signed;
    },
    redact: (data) => begin(toBlock("redacted_thinking", `{"type":"redacted_thinking","data":${toJsonLine(data)}}`)),
    openCall(call, id, name) {
      const start = toJsonLine({ type: "tool_use", id, name, input: {} });
      const block: Block = { kind: "tool_use", start, held: [], isWhole: false, end: createObjectEnd() };
      calls.set(call, block);
      return begin(block);
    },
    growCall(call, text) {
      const block = calls.get(call);
      if (block?.end === undefined || text === "") return "";
      const events = add(block, `{"type":"input_json_delta","partial_json":${toJsonLine(text)}}`);
      block.end.push(text);
      block.isWhole ||= block.end.reached;
      return events + advance();
    },
    finish() {
      let events = "";
      while (waiting.length > 0) events += next();
      return events;
    },
  };
}

const emptyText = '{"type":"text","text":""}';
const emptyThinking = '{"type":"thinking","thinking":"","signature":""}';

function toBlock(kind: Block["kind"], start: string): Block {
  return { kind, start, held: [], isWhole: kind === "redacted_thinking" };
}

function toHead(event: string, fields: string): string {
  return `event: ${event}\ndata: {"type":"${event}",${fields}`;
}
