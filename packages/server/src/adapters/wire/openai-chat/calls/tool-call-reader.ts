import type { ModelEvent } from "@gantry/contracts/model-call";
import { isRecord } from "../../check-shape.ts";
import { isDeep } from "../../is-deep.ts";

/** Puts the tool calls of one answer together from their deltas. */
export interface ToolCallReader {
  /** Reads the `tool_calls` of a delta or of a whole message; what has another shape is passed over. */
  read(deltas: unknown): readonly ModelEvent[];
  /** How many calls have begun. */
  readonly count: number;
  /** There is a call that cannot be made: nobody told its name, or its arguments cannot be written. */
  readonly broken: boolean;
}

interface Delta {
  readonly key: number | undefined;
  readonly id: string | undefined;
  readonly name: string | undefined;
  /** Undefined where they cannot be written. */
  readonly arguments: string | undefined;
}

interface OpenCall {
  /** As the server wrote it. */
  readonly id: string | undefined;
  name: string | undefined;
  /** Its place among the calls; undefined while it has no name and cannot be told. */
  index: number | undefined;
  arguments: string;
  /** Whether the piece that came last may have been the end of them. */
  mayBeWhole: boolean;
  checksLeft: number;
}

/** How often a call is looked at whether its arguments are whole, since each look costs their length. */
const mostChecks = 16;

/**
 * By the rule, a delta belongs to the call at its `index`; id and name come with the first. Servers that break the rule are
 * read as they mean it: calls without an index or all at index 0 (Ollama, Gemini), without ids, whole in one delta, with
 * a new id in each delta (older vLLM), with the name in each delta, with arguments that are no string. `createCallId` gives
 * an id to a call that has none, or that of another one.
 */
export function createToolCallReader(createCallId: () => string): ToolCallReader {
  const byKey = new Map<number, OpenCall>();
  const byId = new Map<string, OpenCall>();
  const nameless = new Set<OpenCall>();
  let last: OpenCall | undefined;
  let count = 0;
  let isUnwritable = false;

  const find = ({ key, id }: Delta): OpenCall | undefined =>
    key !== undefined ? byKey.get(key) : id !== undefined ? byId.get(id) : last;

  function begin({ key, id }: Delta): OpenCall {
    const call = { id: id !== undefined && byId.has(id) ? undefined : id, name: undefined, index: undefined };
    last = { ...call, arguments: "", mayBeWhole: false, checksLeft: mostChecks };
    if (key !== undefined) byKey.set(key, last);
    if (last.id !== undefined) byId.set(last.id, last);
    nameless.add(last);
    return last;
  }

  function readDelta(delta: Delta): readonly ModelEvent[] {
    const found = find(delta);
    const call = found === undefined || isAnother(found, delta) ? begin(delta) : found;
    const piece = delta.arguments ?? "";
    if (delta.arguments === undefined) isUnwritable = true;
    if (piece !== "") call.mayBeWhole = piece.trimEnd().endsWith("}");
    call.arguments += piece;
    call.name ??= delta.name;
    if (call.index !== undefined) return toDelta(call.index, piece);
    if (call.name === undefined) return [];
    nameless.delete(call);
    call.index = count;
    count += 1;
    const { index, name, id = createCallId() } = call;
    return [{ type: "tool_call.started", index, id, name }, ...toDelta(index, call.arguments)];
  }

  return {
    read: (deltas) => (Array.isArray(deltas) ? deltas.flatMap((delta) => readDelta(toParts(delta))) : []),
    get count() {
      return count;
    },
    get broken() {
      return isUnwritable || nameless.size > 0;
    },
  };
}

/** Whether a delta that was found to belong to a call begins a new one after all. */
function isAnother(call: OpenCall, delta: Delta): boolean {
  const { id, name } = delta;
  if (name === undefined || call.name === undefined) return false;
  if (name !== call.name) return true;
  if (id !== undefined && call.id !== undefined) return id !== call.id;
  return delta.arguments !== "" && isWhole(call);
}

function isWhole(call: OpenCall): boolean {
  if (!call.mayBeWhole || call.checksLeft === 0) return false;
  call.checksLeft -= 1;
  try {
    JSON.parse(call.arguments);
    return true;
  } catch {
    return false;
  }
}

function toDelta(index: number, text: string): readonly ModelEvent[] {
  return text === "" ? [] : [{ type: "tool_call.delta", index, arguments: text }];
}

function toParts(delta: unknown): Delta {
  const outer = isRecord(delta) ? delta : {};
  const inner = isRecord(outer["function"]) ? outer["function"] : {};
  const written = inner["arguments"];
  const key = outer["index"];
  return {
    key: typeof key === "number" ? key : undefined,
    id: toWord(outer["id"]),
    name: toWord(inner["name"]),
    arguments: toText(written),
  };
}

function toText(written: unknown): string | undefined {
  if (!isRecord(written)) return typeof written === "string" ? written : "";
  return isDeep(written) ? undefined : JSON.stringify(written);
}

/** Some servers write an empty string where they have nothing to say. */
function toWord(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
