import { readFileSync } from "node:fs";
import type { ModelEvent } from "@gantry/contracts/model-call";
import { openStreamDecoder } from "./stream-decoder.ts";

const folder = new URL("../../../../../../test/fixtures/anthropic-messages/", import.meta.url);

export const recorded = [
  "text",
  "empty",
  "thinking",
  "tool",
  "stop-sequence",
  "max-tokens",
  "refusal",
  "cached",
] as const;
export const written = ["hand-tools", "hand-newer", "hand-error", "hand-cut"] as const;

export function readStream(name: string): Buffer {
  return readFileSync(new URL(`${name}.sse`, folder));
}

export function readAnswer(name: string): Buffer {
  return readFileSync(new URL(`${name}.json`, folder));
}

/** The same stream with the other ends of lines that the format allows. */
export function withCrLf(stream: Buffer): Buffer {
  return Buffer.from(stream.toString("utf8").replaceAll("\n", "\r\n"));
}

/** Everything that the decoder makes of these pieces, its last word included. */
export function decodeAll(pieces: readonly Uint8Array[]): ModelEvent[] {
  const decoder = openStreamDecoder();
  return [...pieces.flatMap((piece) => decoder.push(piece)), ...decoder.finish()];
}

/** Each way of cutting bytes into two, and all single bytes. */
export function* everySplit(bytes: Uint8Array): Generator<readonly Uint8Array[]> {
  for (let cut = 0; cut <= bytes.length; cut += 1) yield [bytes.subarray(0, cut), bytes.subarray(cut)];
  yield toBytes(bytes);
}

export function toBytes(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
}

/** The events with the deltas of one text joined, as a reader has them in the end. */
export function joinDeltas(events: readonly ModelEvent[]): ModelEvent[] {
  const joined: ModelEvent[] = [];
  for (const event of events) {
    const last = joined.at(-1);
    if (event.type === "text.delta" && last?.type === "text.delta") {
      joined[joined.length - 1] = { type: "text.delta", text: last.text + event.text };
    } else if (event.type === "thinking.delta" && last?.type === "thinking.delta") {
      joined[joined.length - 1] = { type: "thinking.delta", text: last.text + event.text };
    } else if (event.type === "tool_call.delta" && last?.type === "tool_call.delta" && last.index === event.index) {
      joined[joined.length - 1] = { ...event, arguments: last.arguments + event.arguments };
    } else joined.push(event);
  }
  return joined;
}
