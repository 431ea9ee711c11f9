import type { CompletionEvent } from "@gantry/contracts/completion";
import {
  addCalls,
  choiceOf,
  readCost,
  readFinishReason,
  readUsage,
  textOf,
  type ChatAnswer,
  type ChatStep,
  type StepAnswer,
} from "./chat-answer.ts";
import type { SentToolCall } from "./chat-messages.ts";
import type { ChatTool, ChatToolCall, ToolOutcome } from "./chat-tools.ts";
import type { CallOptions, OpenAnswer } from "./create-transport.ts";
import { GantryError } from "./gantry-error.ts";
import { fieldOf, parseJson, toError } from "./read-error.ts";
import { readEvents } from "./read-events.ts";

export type ChatStreamEvent<Tools extends readonly ChatTool[] = readonly ChatTool[]> =
  | Extract<CompletionEvent, { type: "thinking.delta" | "text.delta" }>
  /** The model calls a tool; told when its answer has ended, before the tool is run. */
  | { readonly type: "tool_call"; readonly call: ChatToolCall<Tools> }
  /** A tool was run here, and the model is told of it. */
  | ({ readonly type: "tool_result" } & ToolOutcome)
  /** The last one, with the answer as a whole. */
  | { readonly type: "answer.finished"; readonly answer: ChatAnswer<Tools> };

/** An answer as it is written. It is read once: by a loop, or by `final` and `finalText` alone. */
export interface ChatStream<Tools extends readonly ChatTool[] = readonly ChatTool[]> extends AsyncIterable<
  ChatStreamEvent<Tools>
> {
  /** Ends the answer and closes its connection: a loop ends, `final` fails with `aborted`. What came of the answer is billed. */
  abort(): void;
  /** The whole answer. Read by itself where no loop reads the stream; rejects where the answer did not come to its end. */
  readonly final: Promise<ChatAnswer<Tools>>;
  /** The text of the last answer. */
  readonly finalText: Promise<string>;
}

export function openChatStream(
  answerAll: (signal: AbortSignal) => AsyncGenerator<ChatStreamEvent, ChatAnswer>,
  options: CallOptions,
): ChatStream {
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
      const answer = yield* answerAll(leaving.signal);
      // Before it is given: whoever leaves at the last event has the whole answer.
      settle?.resolve(answer);
      yield { type: "answer.finished", answer };
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

/** One answer of the model as it is written. */
export async function* readStep(answer: OpenAnswer, idleMs: number): AsyncGenerator<ChatStreamEvent, ChatStep> {
  const { response, requestId } = answer;
  const calls = new Map<unknown, SentToolCall>();
  let whole: StepAnswer = {
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
    addCalls(calls, delta);
    isFinished ||= finishReason !== undefined;
    whole = {
      ...whole,
      text: whole.text + text,
      thinking: whole.thinking + thinking,
      finishReason: finishReason ?? whole.finishReason,
      usage: readUsage(chunk) ?? whole.usage,
      cost: readCost(chunk) ?? whole.cost,
      model: textOf(chunk, "model") || whole.model,
    };
    if (thinking !== "") yield { type: "thinking.delta", text: thinking };
    if (text !== "") yield { type: "text.delta", text };
  }
  // A proxy that gives up may end a stream as if it were whole.
  if (!isFinished) {
    throw new GantryError("connection_failed", "The stream ended before the answer was whole.", { requestId });
  }
  return { answer: whole, calls: [...calls.values()] };
}

function toBroken(requestId: string | undefined): GantryError {
  return new GantryError("unexpected_answer", "The stream brought something that is no piece of an answer.", {
    requestId,
  });
}
