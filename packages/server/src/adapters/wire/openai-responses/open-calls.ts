import type { ModelEvent } from "@gantry/contracts/model-call";
import { readPlace, readText, type JsonRecord } from "./read-json.ts";

/** The tool calls of one answer, which may be written side by side. */
export interface OpenCalls {
  readonly count: number;
  /** Begins the item's call where it is not known yet. Undefined where the item has no id or no name. */
  open(event: JsonRecord, item: JsonRecord): readonly ModelEvent[] | undefined;
  append(event: JsonRecord, text: string): readonly ModelEvent[];
  /** What is still missing of the whole arguments: servers send them in pieces, as a whole, or both. */
  complete(event: JsonRecord, item: JsonRecord, whole: string): readonly ModelEvent[];
}

interface OpenCall {
  readonly index: number;
  sentLength: number;
}

/**
 * A call is found by its own id, by its item's id, or by its place in the output, in this order: some servers leave out the
 * place, others give an item a new id in each event. What names no call at all belongs to the one begun last.
 */
export function createOpenCalls(): OpenCalls {
  const known = new Map<string, OpenCall>();
  let count = 0;
  let last: OpenCall | undefined;

  const find = (event: JsonRecord, item: JsonRecord) => {
    const keys = toKeys(event, item);
    return keys.length === 0 ? last : keys.map((key) => known.get(key)).find((call) => call !== undefined);
  };
  const append = (call: OpenCall | undefined, text: string): readonly ModelEvent[] => {
    if (call === undefined || text === "") return [];
    call.sentLength += text.length;
    return [{ type: "tool_call.delta", index: call.index, arguments: text }];
  };

  return {
    get count() {
      return count;
    },
    open(event, item) {
      const id = readText(item, "call_id") || readText(item, "id");
      const name = readText(item, "name");
      if (id === "" || name === "") return undefined;
      if (known.has(`call ${id}`)) return [];
      last = { index: count, sentLength: 0 };
      count += 1;
      for (const key of [...toKeys(event, item), `call ${id}`]) known.set(key, last);
      return [{ type: "tool_call.started", index: last.index, id, name }];
    },
    append: (event, text) => append(find(event, {}), text),
    complete(event, item, whole) {
      const call = find(event, item);
      return call === undefined ? [] : append(call, whole.slice(call.sentLength));
    },
  };
}

function toKeys(event: JsonRecord, item: JsonRecord): string[] {
  const names = {
    call: readText(event, "call_id") || readText(item, "call_id"),
    item: readText(event, "item_id") || readText(item, "id"),
    place: readPlace(event, "output_index"),
  };
  return Object.entries(names).flatMap(([kind, name]) => (name === "" ? [] : [`${kind} ${name}`]));
}
