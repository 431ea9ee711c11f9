import type { CompletionEvent } from "@gantry/contracts/completion";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import { encodeFinishReason } from "./encode.ts";
import { encodeOpenAiError } from "./errors.ts";
import { encodeUsage } from "./usage.ts";

export interface ChatStreamSettings {
  /** Such as `chatcmpl-…`; the same in all chunks. */
  readonly id: string;
  /** Epoch seconds. */
  readonly created: number;
  readonly model: string;
  /** The client asked for a last chunk with the usage. */
  readonly includeUsage: boolean;
  readonly systemFingerprint?: string;
}

export interface ChatStreamEncoder {
  /** The text of server-sent events that this event becomes; may be empty. After the last word always empty. */
  encode(event: CompletionEvent): string;
  /**
   * To be called when the events are over. Empty where the answer had its last word; else the error that tells the client
   * that the answer is not whole.
   */
  finish(): string;
}

/**
 * Creates the state machine that turns the events of one answer into the stream of `chat.completion.chunk` objects: a
 * chunk with the role, the deltas, a chunk with the finish reason, the usage where it was asked for, and `[DONE]`.
 * A failure becomes one chunk with an `error`, on which the official clients throw, and no `[DONE]` follows. Retries
 * upstream are comments, which clients skip. What is the same in all chunks is put together once.
 */
export function createChatStreamEncoder(settings: ChatStreamSettings): ChatStreamEncoder {
  const frame = createFrame(settings);
  let state: "waiting" | "answering" | "over" = "waiting";

  const start = () => {
    if (state !== "waiting") return "";
    state = "answering";
    return frame.choice('{"role":"assistant","content":"","refusal":null}', "null");
  };
  const fail = (failure: Failure) => {
    state = "over";
    return `data: ${toLine(encodeOpenAiError(failure).body)}\n\n`;
  };

  return {
    encode(event) {
      if (state === "over") return "";
      switch (event.type) {
        case "text.delta":
          return event.text === "" ? "" : start() + frame.content(event.text);
        case "thinking.delta":
          return event.text === "" ? "" : start() + frame.thinking(event.text);
        case "answer.started":
          return start();
        case "upstream.retried":
          return `: upstream retry ${event.attempt}, ${describeStatus(event.status)}, in ${event.delayMs} ms\n\n`;
        case "answer.failed":
          return fail(event.error);
        case "answer.finished": {
          const head = start();
          state = "over";
          const last = frame.choice("{}", toLine(encodeFinishReason(event.reason)));
          const usage = settings.includeUsage ? frame.usage(toLine(encodeUsage(event.usage))) : "";
          return `${head}${last}${usage}data: [DONE]\n\n`;
        }
      }
    },
    finish: () => (state === "over" ? "" : fail(toFailure("upstream_interrupted"))),
  };
}

function createFrame({ id, created, model, includeUsage, systemFingerprint }: ChatStreamSettings) {
  const constants = {
    id,
    object: "chat.completion.chunk",
    created,
    model,
    ...(systemFingerprint !== undefined && { system_fingerprint: systemFingerprint }),
  };
  const head = `data: ${toLine(constants).slice(0, -1)},"choices":[`;
  const choiceHead = `${head}{"index":0,"delta":`;
  const noUsage = includeUsage ? ',"usage":null' : "";
  const choiceTail = (finishReason: string) => `,"logprobs":null,"finish_reason":${finishReason}}]${noUsage}}\n\n`;
  const contentHead = `${choiceHead}{"content":`;
  const thinkingHead = `${choiceHead}{"reasoning_content":`;
  const deltaTail = `}${choiceTail("null")}`;
  return {
    content: (text: string) => contentHead + toLine(text) + deltaTail,
    thinking: (text: string) => thinkingHead + toLine(text) + deltaTail,
    /** Both arguments are JSON. */
    choice: (delta: string, finishReason: string) => choiceHead + delta + choiceTail(finishReason),
    usage: (usage: string) => `${head}],"usage":${usage}}\n\n`,
  };
}

function describeStatus(status: number | undefined): string {
  return status === undefined ? "no connection" : `status ${status}`;
}

const lineEnds = /[\u0085\u2028\u2029]/;
const allLineEnds = new RegExp(lineEnds, "g");

/**
 * JSON without the three characters that JSON leaves as they are but that some HTTP clients (Python's httpx among them)
 * take for the end of a line, which would cut the event in two.
 */
function toLine(value: unknown): string {
  const json = JSON.stringify(value);
  return lineEnds.test(json) ? json.replace(allLineEnds, toEscape) : json;
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
