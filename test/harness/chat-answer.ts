import type { ChatCompletion, ChatCompletionChunk, CompletionUsage } from "openai/resources";
import {
  argumentsOf,
  inTurns,
  reasonOf,
  toPieces,
  type SaidAnswer,
  type UpstreamToolCall,
  type UpstreamUsage,
} from "./upstream-answer.ts";

/** What an answer of Chat Completions says besides its content. */
export interface ChatHead {
  readonly id: string;
  readonly model: string;
  /** Ids of the calls, where the answer gives none. */
  readonly callId: (index: number) => string;
  readonly usage: UpstreamUsage;
}

const created = 1_767_225_600;

/** Thinking is shown as other servers than OpenAI's show it. */
interface Thinking {
  readonly reasoning_content?: string;
}

export function toChatCompletion(answer: SaidAnswer, head: ChatHead): ChatCompletion {
  const { text, thinking, refusal, toolCalls = [] } = answer;
  const message: ChatCompletion.Choice["message"] & Thinking = {
    role: "assistant",
    content: text ?? null,
    refusal: refusal ?? null,
    ...(thinking !== undefined && { reasoning_content: thinking }),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls.map((call, index) => toToolCall(call, index, head)) }),
  };
  return {
    id: head.id,
    object: "chat.completion",
    created,
    model: head.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: reasonOf(answer) }],
    usage: toChatUsage(head.usage),
  };
}

function toToolCall(call: UpstreamToolCall, index: number, head: ChatHead) {
  const called = { name: call.name, arguments: argumentsOf(call) };
  return { id: call.id ?? head.callId(index), type: "function" as const, function: called };
}

/** The chunks of a streamed answer in their order; the last with the usage only where it was asked for, as the API does. */
export function toChatChunks(answer: SaidAnswer, head: ChatHead, includeUsage: boolean): ChatCompletionChunk[] {
  const toChunk = (choices: ChatCompletionChunk["choices"], usage: CompletionUsage | null): ChatCompletionChunk => ({
    id: head.id,
    object: "chat.completion.chunk",
    created,
    model: head.model,
    choices,
    ...(includeUsage && { usage }),
  });
  const toDelta = (delta: ChatCompletionChunk.Choice.Delta & Thinking) =>
    toChunk([{ index: 0, delta, logprobs: null, finish_reason: null }], null);
  const end = toChunk([{ index: 0, delta: {}, logprobs: null, finish_reason: reasonOf(answer) }], null);
  return [
    toDelta({ role: "assistant", content: "", refusal: null }),
    ...toPieces(answer.thinking ?? "", answer).map((piece) => toDelta({ reasoning_content: piece })),
    ...toPieces(answer.text ?? "", answer).map((piece) => toDelta({ content: piece })),
    ...toPieces(answer.refusal ?? "", answer).map((piece) => toDelta({ refusal: piece })),
    ...toCallDeltas(answer, head).map((call) => toDelta({ tool_calls: [call] })),
    end,
    ...(includeUsage ? [toChunk([], toChatUsage(head.usage))] : []),
  ];
}

/** Each call begins with its name; the pieces of its arguments follow, call by call or in turns. */
function toCallDeltas(answer: SaidAnswer, head: ChatHead): ChatCompletionChunk.Choice.Delta.ToolCall[] {
  const { toolCalls = [], interleaved = false } = answer;
  const calls = toolCalls.map((call, index) => [
    {
      index,
      id: call.id ?? head.callId(index),
      type: "function" as const,
      function: { name: call.name, arguments: "" },
    },
    ...toPieces(argumentsOf(call), answer).map((piece) => ({ index, function: { arguments: piece } })),
  ]);
  return interleaved ? inTurns(calls) : calls.flat();
}

function toChatUsage({ input, cached = 0, output }: UpstreamUsage): CompletionUsage {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
  };
}
