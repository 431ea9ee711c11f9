import type { ResponseItem } from "../../../../core/ports/responses-format.ts";
import { toOutputItemId } from "./item-ids.ts";
import { createCallItem, createMessageItem, type CallItem, type MessageItem } from "./said-items.ts";
import { createReasoningItem, type ReasoningItem } from "./reasoning-item.ts";

/** Writes an event of the stream, with its place in it. */
export type Emit = (type: string, fields: object) => string;

export type ItemStatus = "in_progress" | "completed" | "incomplete";

/** The items of one answer as they grow. All that give text give the events to be sent. */
export interface OutputItems {
  say(text: string): string;
  think(text: string): string;
  seal(signature: string): string;
  redact(data: string): string;
  /** `index` tells the calls apart. */
  openCall(index: number, callId: string, name: string): string;
  growCall(index: number, text: string): string;
  /** Closes what is open. The last item is incomplete where the answer was cut. */
  finish(status: "completed" | "incomplete"): string;
  /** As they stand now, with the seals of what was thought. */
  list(): readonly ResponseItem[];
}

export interface OutputSettings {
  readonly responseId: string;
  readonly showsThinking: boolean;
  /** Whether the client is given the seals. */
  readonly givesSeals: boolean;
  readonly emit: Emit;
}

type Item = MessageItem | ReasoningItem | CallItem;

/**
 * A text or a thought is whole when something else begins. Calls may be written at the same time: they stay open to the
 * end, since nothing tells before that they are whole.
 */
export function createOutputItems({ responseId, showsThinking, givesSeals, emit }: OutputSettings): OutputItems {
  const items: Item[] = [];
  const calls = new Map<number, CallItem>();
  const place = (prefix: string) => ({
    id: toOutputItemId(prefix, responseId, items.length),
    outputIndex: items.length,
    emit,
  });
  /** Closes what is being said or thought, and tells of the new item. */
  const begin = (item: Item): string => {
    const last = items.at(-1);
    const closing = last === undefined || last.kind === "call" ? "" : last.close("completed");
    items.push(item);
    return closing + item.open();
  };
  function message(): readonly [MessageItem, string] {
    const last = items.at(-1);
    if (last?.kind === "message") return [last, ""];
    const made = createMessageItem(place("msg"));
    return [made, begin(made)];
  }
  function reasoning(): readonly [ReasoningItem, string] {
    const last = items.at(-1);
    if (last?.kind === "reasoning") return [last, ""];
    const made = createReasoningItem({ ...place("rs"), showsThinking, givesSeals });
    return [made, begin(made)];
  }

  return {
    say(text) {
      if (text === "") return "";
      const [item, opening] = message();
      return opening + item.grow(text);
    },
    think(text) {
      if (text === "") return "";
      const [item, opening] = reasoning();
      return opening + item.grow(text);
    },
    seal(signature) {
      const [item, opening] = reasoning();
      return opening + item.seal(signature);
    },
    redact(data) {
      const [item, opening] = reasoning();
      return opening + item.redact(data);
    },
    openCall(index, callId, name) {
      const made = createCallItem({ ...place("fc"), callId, name });
      calls.set(index, made);
      return begin(made);
    },
    growCall: (index, text) => (text === "" ? "" : (calls.get(index)?.grow(text) ?? "")),
    finish: (status) =>
      items.map((item, index) => item.close(index === items.length - 1 ? status : "completed")).join(""),
    list: () => items.map((item) => item.show()),
  };
}
