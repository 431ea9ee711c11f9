/**
 * What a prompt tells the demo model to do, as `[[demo:NAME ARGUMENT]]` somewhere in its text.
 * Times are in milliseconds, except `retryAfter` and `seconds`.
 */
export type Directive =
  | { readonly kind: "say"; readonly text: string }
  | { readonly kind: "echo" }
  | { readonly kind: "tokens"; readonly count: number }
  | { readonly kind: "delay"; readonly ms: number }
  | { readonly kind: "pace"; readonly ms: number }
  | { readonly kind: "think"; readonly text: string }
  | { readonly kind: "tools"; readonly calls: readonly DirectedCall[] }
  | { readonly kind: "stop"; readonly reason: string }
  | { readonly kind: "status"; readonly code: number; readonly retryAfter?: number }
  | { readonly kind: "limit"; readonly seconds: number }
  | { readonly kind: "hang"; readonly count?: number }
  | { readonly kind: "drop" }
  | { readonly kind: "unreadable"; readonly problem: string };

/** A tool by its name, or by the part of it behind the last `__`. */
export interface DirectedCall {
  readonly name: string;
  readonly input: object;
}

export const maxTokenDeltas = 100_000;
const maxDelayMs = 600_000;
/** Calls of tools in one answer. */
const maxCalls = 32;
/** Clients turn waits into timers of 32 bits of milliseconds. */
const maxWaitSeconds = 2_147_483;

const opening = "[[demo:";
const closing = "]]";

/**
 * Finds the directives of one text, in order. A directive ends at the first `]]`, with two exceptions: the text of `say`
 * and `think` may end with `]` of its own, and the JSON of `tool` and `tools` may hold `]]`. One that cannot be read comes out
 * as `unreadable`; one that is never closed takes the rest of the text, so that the work stays linear.
 */
export function parseDirectives(text: string): Directive[] {
  const directives: Directive[] = [];
  let at = text.indexOf(opening);
  while (at !== -1) {
    const found = readDirective(text, at);
    directives.push(found.directive);
    at = text.indexOf(opening, found.end);
  }
  return directives;
}

interface Found {
  readonly directive: Directive;
  /** Index behind the directive. */
  readonly end: number;
}

function readDirective(text: string, at: number): Found {
  const heading = /([a-z]+)(?:\s|(?=\]\]))/y;
  heading.lastIndex = at + opening.length;
  const name = heading.exec(text)?.[1] ?? "";
  if (name === "tool") return readTools(text, at, heading.lastIndex, 1);
  if (name === "tools") return readTools(text, at, heading.lastIndex, maxCalls);

  const start = name === "" ? at + opening.length : heading.lastIndex;
  const close = text.indexOf(closing, start);
  if (close === -1) return unclosed(text, at);
  if (name === "say" || name === "think") return readText(name, text, start, close);
  const read = readers.get(name);
  const end = close + closing.length;
  const directive = read?.(text.slice(start, close).trim());
  return {
    directive: directive ?? unreadable(text, at, end, read ? "its argument is wrong" : "there is none so named"),
    end,
  };
}

function readText(kind: "say" | "think", text: string, start: number, close: number): Found {
  let end = close;
  while (text.startsWith(closing, end + 1)) end += 1;
  return { directive: { kind, text: text.slice(start, end) }, end: end + closing.length };
}

/** Reads one name after the other, each with or without its input behind it; `tool` takes one, `tools` several. */
function readTools(text: string, at: number, start: number, most: number): Found {
  const calls: DirectedCall[] = [];
  let problem: string | undefined;
  const heading = /\s*([^\s[\]{}]*)\s*/y;
  heading.lastIndex = start;
  for (let name = heading.exec(text)?.[1]; name; name = heading.exec(text)?.[1]) {
    const jsonStart = heading.lastIndex;
    const jsonEnd = text[jsonStart] === "{" ? findObjectEnd(text, jsonStart) : jsonStart;
    if (jsonEnd === -1) return unclosed(text, at);
    const input = jsonEnd === jsonStart ? {} : parseObject(text.slice(jsonStart, jsonEnd));
    if (input === undefined) problem ??= "its input is not one JSON object";
    else calls.push({ name, input });
    heading.lastIndex = jsonEnd;
  }
  const close = text.indexOf(closing, heading.lastIndex);
  if (close === -1) return unclosed(text, at);
  if (calls.length === 0) problem ??= "it names no tool";
  if (text.slice(heading.lastIndex, close) !== "") problem ??= "its input is not one JSON object";
  if (calls.length > most) problem ??= most === 1 ? "it calls more than one tool" : `it calls more than ${most} tools`;
  const end = close + closing.length;
  return { directive: problem === undefined ? { kind: "tools", calls } : unreadable(text, at, end, problem), end };
}

/** Index behind the brace that closes the one at `from`; -1 where none does. Braces inside JSON strings do not count. */
function findObjectEnd(text: string, from: number): number {
  let depth = 0;
  let inString = false;
  for (let index = from; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === "\\") index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{") depth += 1;
    else if (character === "}") {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return -1;
}

function parseObject(json: string): object | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What each argument becomes; undefined where it is wrong. */
const readers = new Map<string, (argument: string) => Directive | undefined>([
  ["echo", (argument) => (argument === "" ? { kind: "echo" } : undefined)],
  ["drop", (argument) => (argument === "" ? { kind: "drop" } : undefined)],
  ["stop", (argument) => (/^[a-z_]{1,64}$/.test(argument) ? { kind: "stop", reason: argument } : undefined)],
  ["delay", (argument) => withNumber(argument, (ms) => ({ kind: "delay", ms: Math.min(ms, maxDelayMs) }))],
  ["pace", (argument) => withNumber(argument, (ms) => ({ kind: "pace", ms: Math.min(ms, maxDelayMs) }))],
  ["tokens", (argument) => withNumber(argument, (count) => ({ kind: "tokens", count }), maxTokenDeltas)],
  ["limit", (argument) => withNumber(argument, (seconds) => ({ kind: "limit", seconds }), maxWaitSeconds)],
  [
    "hang",
    (argument) =>
      argument === "" ? { kind: "hang" } : withNumber(argument, (count) => ({ kind: "hang", count }), maxTokenDeltas),
  ],
  ["status", readStatus],
]);

function readStatus(argument: string): Directive | undefined {
  const [code = "", wait, ...rest] = argument.split(/\s+/);
  if (!/^[45]\d\d$/.test(code) || rest.length > 0) return undefined;
  if (wait === undefined) return { kind: "status", code: Number(code) };
  return withNumber(wait, (retryAfter) => ({ kind: "status", code: Number(code), retryAfter }), maxWaitSeconds);
}

function withNumber(text: string, make: (value: number) => Directive, most = Infinity): Directive | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value <= most ? make(value) : undefined;
}

function unclosed(text: string, at: number): Found {
  return { directive: unreadable(text, at, text.length, "it is not closed"), end: text.length };
}

function unreadable(text: string, at: number, end: number, reason: string): Directive {
  const source = text.slice(at, end);
  return { kind: "unreadable", problem: `${source.length > 80 ? `${source.slice(0, 80)}…` : source}: ${reason}` };
}
