/** What a scripted upstream is to answer to one call, whatever the API in which it is asked. */
export type UpstreamAnswer = SaidAnswer | RefusedAnswer | RawAnswer;

interface Held {
  /**
   * Nothing is sent before this is settled: not even the head, or, with `afterEvents`, nothing behind so many events of a
   * stream. A caller that leaves meanwhile is noticed.
   */
  readonly hold?: { readonly until: Promise<unknown>; readonly afterEvents?: number };
}

export interface SaidAnswer extends Held {
  readonly text?: string;
  /** A summary of the model's thinking. */
  readonly thinking?: string;
  /** Says no, in these words. */
  readonly refusal?: string;
  readonly toolCalls?: readonly UpstreamToolCall[];
  /** How it ends; as follows from the content where nothing is said. */
  readonly reason?: "stop" | "length" | "tool_calls" | "content_filter";
  /** Counted by the rule of four bytes a token where nothing is said. */
  readonly usage?: UpstreamUsage;
  /** Texts and arguments are streamed in pieces of so many characters; 5 where nothing is said. */
  readonly pieceLength?: number;
  /** The pieces of calls that stand side by side come in turns, not call by call. */
  readonly interleaved?: boolean;
  /** The connection is cut behind so many events of the stream, or in place of a whole answer. */
  readonly cutAfterEvents?: number;
}

export interface UpstreamToolCall {
  readonly name: string;
  /** An object, or the text that is sent for one. */
  readonly arguments: object | string;
  /** Made up where it is not given. */
  readonly id?: string;
}

/** As the API counts: cached tokens are part of the input. */
export interface UpstreamUsage {
  readonly input: number;
  readonly cached?: number;
  readonly output: number;
}

/** An error in the API's shape. */
export interface RefusedAnswer extends Held {
  readonly status: number;
  readonly message?: string;
  readonly type?: string;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Exactly these bytes, for garbage. `cut` ends the connection behind them, without the end that HTTP has for a body. */
export interface RawAnswer extends Held {
  readonly raw: string | Uint8Array;
  readonly rawStatus?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cut?: boolean;
}

export function argumentsOf(call: UpstreamToolCall): string {
  return typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments);
}

/** The usage that is told of an answer to this request. */
export function usageOf(answer: SaidAnswer, request: unknown): UpstreamUsage {
  const { text = "", thinking = "", refusal = "", toolCalls = [] } = answer;
  const said = [text, thinking, refusal, ...toolCalls.map((call) => call.name + argumentsOf(call))].join("");
  return answer.usage ?? { input: toTokens(JSON.stringify(request)), output: toTokens(said) };
}

export function reasonOf(answer: SaidAnswer): NonNullable<SaidAnswer["reason"]> {
  return answer.reason ?? ((answer.toolCalls ?? []).length > 0 ? "tool_calls" : "stop");
}

/** Cuts a text into the pieces in which it is streamed; whole characters. */
export function toPieces(text: string, { pieceLength = 5 }: SaidAnswer): string[] {
  return text.match(new RegExp(`[^]{1,${pieceLength}}`, "gu")) ?? [];
}

/** The first of each list, then the second of each, and so on. */
export function inTurns<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, row) => lists.flatMap((list) => list.slice(row, row + 1))).flat();
}

function toTokens(text: string): number {
  return Math.max(1, Math.ceil(Buffer.byteLength(text) / 4));
}
