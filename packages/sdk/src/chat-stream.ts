import type { CompletionEvent } from "@gantry/contracts/completion";
import { choiceOf, readFinishReason, readUsage, textOf, type ChatAnswer } from "./chat-answer.ts";
import type { CallOptions, HttpRequest, OpenAnswer, Transport } from "./create-transport.ts";
import { GantryError } from "./gantry-error.ts";
import { fieldOf, parseJson, toError } from "./read-error.ts";
import { readEvents } from "./read-events.ts";

export type ChatStreamEvent =
  | Extract<CompletionEvent, { type: "thinking.delta" | "text.delta" }>
  /** The last one, with the answer as a whole. */
  | { readonly type: "answer.finished"; readonly answer: ChatAnswer };

/** An answer as it is written. It is read once: by a loop, or by `final` and `finalText` alone. */
export interface ChatStream extends AsyncIterable<ChatStreamEvent> {
  /** Ends the answer and closes its connection: a loop ends, `final` fails with `aborted`. What came of the answer is billed. */
  abort(): void;
  /** The whole answer. Read by itself where no loop reads the stream; rejects where the answer did not come to its end. */
  readonly final: Promise<ChatAnswer>;
  readonly finalText: Promise<string>;
}

export function openChatStream(transport: Transport, request: HttpRequest, options: CallOptions): ChatStream {
  const leaving = new AbortController();
  const leave = (): void => leaving.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", leave, { once: true });
  if (options.signal?.aborted === true) leave();
  let isTaken = false;
  let wasAborted = false;
  let settle: { resolve(answer: ChatAnswer): void; reject(error: unknown): void } | undefined;
  const final = new Promise<ChatAnswer>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // A failure is told to whoever reads; nobody has to read in both ways.
  final.catch(() => undefined);

  async function* read(): AsyncGenerator<ChatStreamEvent, void> {
    try {
      const answer = await transport.open(request, { ...options, signal: leaving.signal });
      for await (const event of decode(answer, transport.idleTimeoutMs)) {
        // Before it is given: whoever leaves at the last event has the whole answer.
        if (event.type === "answer.finished") settle?.resolve(event.answer);
        yield event;
      }
    } catch (error) {
      settle?.reject(error);
      if (!wasAborted) throw error;
    } finally {
      options.signal?.removeEventListener("abort", leave);
      leaving.abort();
      settle?.reject(new GantryError("aborted", "The stream was left before the answer was whole."));
    }
  }

  function take(): AsyncGenerator<ChatStreamEvent, void> {
    if (isTaken) throw new GantryError("invalid_argument", "A stream is read once.");
    isTaken = true;
    return read();
  }

  async function drain(): Promise<void> {
    if (isTaken) return;
    const events = take();
    while ((await events.next()).done !== true);
  }
  const readFinal = (): Promise<ChatAnswer> => {
    void drain().catch(() => undefined);
    return final;
  };

  return {
    [Symbol.asyncIterator]: take,
    abort() {
      wasAborted = true;
      leaving.abort(new GantryError("aborted", "The stream was aborted."));
      // Nothing else would say so where nobody has begun to read.
      if (!isTaken) settle?.reject(leaving.signal.reason);
    },
    get final() {
      return readFinal();
    },
    get finalText() {
      return readFinal().then(({ text }) => text);
    },
  };
}

async function* decode(answer: OpenAnswer, idleMs: number): AsyncGenerator<ChatStreamEvent, void> {
  const { response, requestId } = answer;
  let whole: ChatAnswer = {
    text: "",
    thinking: "",
    finishReason: "stop",
    usage: null,
    cost: null,
    model: "",
    requestId,
    usageId: response.headers.get("x-gantry-usage-id") ?? undefined,
  };
  let isFinished = false;
  for await (const { data } of readEvents(answer, idleMs)) {
    if (data === "[DONE]") break;
    const chunk = parseJson(data);
    const error = toError(chunk, { requestId });
    if (error !== undefined) throw error;
    const choice = choiceOf(chunk);
    if (typeof fieldOf(chunk, "choices") !== "object") throw toBroken(requestId);
    const delta = fieldOf(choice, "delta");
    const thinking = textOf(delta, "reasoning_content");
    const text = textOf(delta, "content");
    const finishReason = readFinishReason(choice);
    isFinished ||= finishReason !== undefined;
    whole = {
      ...whole,
      text: whole.text + text,
      thinking: whole.thinking + thinking,
      finishReason: finishReason ?? whole.finishReason,
      usage: readUsage(chunk) ?? whole.usage,
      model: textOf(chunk, "model") || whole.model,
    };
    if (thinking !== "") yield { type: "thinking.delta", text: thinking };
    if (text !== "") yield { type: "text.delta", text };
  }
  // A proxy that gives up may end a stream as if it were whole.
  if (!isFinished) {
    throw new GantryError("connection_failed", "The stream ended before the answer was whole.", { requestId });
  }
  yield { type: "answer.finished", answer: whole };
}

function toBroken(requestId: string | undefined): GantryError {
  return new GantryError("unexpected_answer", "The stream brought something that is no piece of an answer.", {
    requestId,
  });
}
