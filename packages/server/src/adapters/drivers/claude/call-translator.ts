import type { CompletionEvent } from "@gantry/contracts/completion";
import type { CliStreamEvent } from "./cli-line.ts";

/** Follows the calls of tools in one answer of the model. */
export interface CallTranslator {
  /** Takes the beginning, a piece or the end of any block. */
  take(event: CliStreamEvent): readonly CompletionEvent[];
  readonly count: number;
  /** The CLI passes each call on: it is of a tool that it was given, and its arguments are an object. */
  readonly arePassedOn: boolean;
}

interface Call {
  readonly index: number;
  /** Place of its block in the answer. */
  readonly place: number | undefined;
  readonly name: string;
  readonly input: unknown;
  written: string;
}

export function createCallTranslator(tools: readonly string[]): CallTranslator {
  const calls: Call[] = [];

  function begin({ index: place, content_block: block }: CliStreamEvent): CompletionEvent[] {
    const { type, id, name, input } = block ?? { type: "" };
    if (type !== "tool_use" || typeof id !== "string" || typeof name !== "string") return [];
    const index = calls.length;
    calls.push({ index, place, name, input, written: "" });
    return [{ type: "tool_call.started", index, id, name }];
  }

  function write(call: Call, more: unknown): CompletionEvent[] {
    if (typeof more !== "string" || more === "") return [];
    call.written += more;
    return [{ type: "tool_call.delta", index: call.index, arguments: more }];
  }

  return {
    take(event) {
      if (event.type === "content_block_start") return begin(event);
      const call = calls.findLast(({ place }) => place === event.index);
      if (call === undefined) return [];
      if (event.type === "content_block_delta") return write(call, event.delta?.partial_json);
      // A call without arguments has no pieces, and some models give all of them at the beginning.
      return call.written === "" ? write(call, JSON.stringify(call.input ?? {})) : [];
    },
    get count() {
      return calls.length;
    },
    get arePassedOn() {
      return calls.every(({ name, written }) => tools.includes(name) && isObjectText(written));
    },
  };
}

function isObjectText(written: string): boolean {
  try {
    const value: unknown = JSON.parse(written);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
