import { readFileSync, readdirSync } from "node:fs";
import type { TokenUsage } from "@gantry/contracts/completion";
import type { ModelEvent } from "@gantry/contracts/model-call";
import { openDecoder } from "./decode-stream.ts";

const folder = new URL("../../../../../../test/fixtures/openai-responses/", import.meta.url);

/** For tests: the names of all streams, with their folder. */
export function listStreams(): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sse"))
    .map((name) => name.slice(0, -".sse".length));
}

export const readStream = (name: string): Buffer => readFileSync(new URL(`${name}.sse`, folder));
export const readAnswer = (name: string): unknown => JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));

/** Decodes a stream that comes in these pieces, to its end. */
export function decodePieces(pieces: Iterable<Uint8Array>): ModelEvent[] {
  const decoder = openDecoder();
  const events: ModelEvent[] = [];
  for (const piece of pieces) events.push(...decoder.push(piece));
  return [...events, ...decoder.finish()];
}

export const decodeText = (text: string): ModelEvent[] => decodePieces([Buffer.from(text)]);

/** A line for each event, with neighbouring pieces put together and the pieces of each call gathered at its start. */
export function describeAnswer(events: readonly ModelEvent[]): string[] {
  const lines: { kind: string; text: string }[] = [];
  const calls = new Map<number, { kind: string; text: string }>();
  const add = (kind: string, text: string) => {
    const line = { kind, text };
    lines.push(line);
    return line;
  };
  for (const event of events) {
    if (event.type === "text.delta" || event.type === "thinking.delta") {
      const kind = event.type.slice(0, -".delta".length);
      const last = lines.at(-1);
      if (last?.kind === kind) last.text += event.text;
      else add(kind, event.text);
    } else if (event.type === "tool_call.started") {
      calls.set(event.index, add(`call ${event.index} ${event.id} ${event.name}`, ""));
    } else if (event.type === "tool_call.delta") {
      const call = calls.get(event.index);
      if (call === undefined) throw new Error(`arguments for the call ${event.index}, which has not begun`);
      call.text += event.arguments;
    } else {
      add(...describeEdge(event));
    }
  }
  return lines.map(({ kind, text }) => `${kind}: ${text}`);
}

function describeEdge(event: ModelEvent): [string, string] {
  switch (event.type) {
    case "call.started":
      return ["started", `${event.id} ${event.model}`];
    case "call.finished":
      return ["finished", `${event.reason}, ${describeUsage(event.usage)}`];
    case "call.failed":
      return ["failed", `${event.error.code}, ${describeUsage(event.usage)}`];
    default:
      return [event.type, ""];
  }
}

function describeUsage({ inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens }: TokenUsage): string {
  return `${inputTokens}+${cacheReadTokens}+${cacheWriteTokens} in ${outputTokens} out`;
}

/** What the contract promises of every answer: an end, one alone, with nothing behind it. */
export function isWellFormed(events: readonly ModelEvent[]): boolean {
  const isEnd = ({ type }: ModelEvent) => type === "call.finished" || type === "call.failed";
  const starts = events.filter(({ type }) => type === "call.started").length;
  const begun = events.flatMap((event) => (event.type === "tool_call.started" ? event.index : []));
  return (
    events.findIndex(isEnd) === events.length - 1 &&
    events.length > 0 &&
    starts <= 1 &&
    (events.length === 1 || events[0]?.type === "call.started") &&
    begun.every((index, place) => index === place)
  );
}
