import { type CompletionEvent, type TokenUsage } from "@gantry/contracts/completion";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import { parsePartialJson } from "./parse-partial-json.ts";

export interface KoineStreamParts {
  readonly sessionId: string;
  readonly wantsObject: boolean;
  readonly toUsage: (usage: TokenUsage) => object;
  readonly toCode: (failure: Failure) => string;
}

/** One answer as the events of Koine's gateway. */
export interface KoineStream {
  begin(): string;
  encode(event: CompletionEvent): string;
  /** The last event, whatever came before. */
  finish(): string;
}

/** Each partial object is told as a whole, so another one comes only where it has grown by this share. */
const growth = 1 / 16;

export function createKoineStream({ sessionId, wantsObject, toUsage, toCode }: KoineStreamParts): KoineStream {
  let text = "";
  let told = 0;
  let isOver = false;
  let isFailed = false;

  const fail = (failure: Failure): string => {
    isOver = true;
    isFailed = true;
    return toFrame("error", { error: failure.message, code: toCode(failure) });
  };

  function takeText(piece: string): string {
    text += piece;
    if (!wantsObject) return toFrame("text", { text: piece });
    if (text.length - told < text.length * growth) return "";
    told = text.length;
    return toFrame("partial-object", { partial: text, parsed: parsePartialJson(text) ?? null });
  }

  function end(usage: TokenUsage): string {
    let frames = "";
    if (wantsObject) {
      try {
        frames = toFrame("object", { object: JSON.parse(text) });
      } catch {
        return fail(toFailure("output_invalid", "The answer was cut off before its object was whole."));
      }
    }
    isOver = true;
    return frames + toFrame("result", { sessionId, usage: toUsage(usage) });
  }

  return {
    begin: () => toFrame("session", { sessionId }),
    encode(event) {
      if (isOver) return "";
      if (event.type === "text.delta") return takeText(event.text);
      if (event.type === "answer.finished") return end(event.usage);
      return event.type === "answer.failed" ? fail(event.error) : "";
    },
    finish() {
      const frames = isOver ? "" : fail(toFailure("upstream_interrupted"));
      return frames + toFrame("done", { code: isFailed ? 1 : 0, signal: null });
    },
  };
}

function toFrame(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
