import type { CallFinishReason, ModelEvent } from "@gantry/contracts/model-call";
import type { AnswerHead } from "../../../../core/ports/call-format.ts";
import { encodeFinishReason, type ChatFinishReason } from "../encode.ts";
import { encodeUsage, type ChatUsage } from "../usage.ts";
import type { ToolCallBody } from "./request-body.ts";

interface CallAnswerBody {
  readonly id: string;
  readonly object: "chat.completion";
  readonly created: number;
  readonly model: string;
  readonly choices: readonly [
    {
      readonly index: 0;
      readonly message: {
        readonly role: "assistant";
        /** Null where the model called tools and said nothing. */
        readonly content: string | null;
        readonly refusal: null;
        readonly reasoning_content?: string;
        readonly tool_calls?: readonly ToolCallBody[];
      };
      readonly logprobs: null;
      readonly finish_reason: ChatFinishReason | "tool_calls";
    },
  ];
  readonly usage: ChatUsage;
}

/** A tool call without arguments: clients parse what they get, and an empty string is no JSON. */
export const noArguments = "{}";

/**
 * Encodes a whole answer with its tool calls as a `chat.completion` object; thinking as in `../encode.ts`, without its
 * seal, for which the shape has no place. Throws where the last event is not `call.finished`: a failure is no answer.
 */
export function encodeCallAnswer(events: readonly ModelEvent[], head: AnswerHead): CallAnswerBody {
  const last = events.at(-1);
  if (last?.type !== "call.finished") throw new Error("Only an answer that is finished can be encoded whole.");
  const { text, thinking, calls } = collect(events);
  const message = {
    role: "assistant",
    content: text === "" && calls.length > 0 ? null : text,
    refusal: null,
    ...(thinking !== "" && { reasoning_content: thinking }),
    ...(calls.length > 0 && { tool_calls: calls }),
  } as const;
  return {
    id: head.id,
    object: "chat.completion",
    created: head.created,
    model: head.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: encodeCallFinishReason(last.reason) }],
    usage: encodeUsage(last.usage),
  };
}

function collect(events: readonly ModelEvent[]) {
  let text = "";
  let thinking = "";
  const calls: { id: string; name: string; arguments: string }[] = [];
  for (const event of events) {
    if (event.type === "text.delta") text += event.text;
    else if (event.type === "thinking.delta") thinking += event.text;
    else if (event.type === "tool_call.started") calls[event.index] = { id: event.id, name: event.name, arguments: "" };
    else if (event.type === "tool_call.delta") {
      const call = calls[event.index];
      if (call !== undefined) call.arguments += event.arguments;
    }
  }
  return { text, thinking, calls: calls.map(toBody) };
}

function toBody(call: { id: string; name: string; arguments: string }): ToolCallBody {
  const { id, name } = call;
  return { id, type: "function", function: { name, arguments: call.arguments === "" ? noArguments : call.arguments } };
}

/** A pause comes of tools at the vendor, which a chat cannot ask for; what it says of the answer is that it is cut. */
export function encodeCallFinishReason(reason: CallFinishReason): ChatFinishReason | "tool_calls" {
  if (reason === "tool_calls") return "tool_calls";
  return reason === "pause" ? "length" : encodeFinishReason(reason);
}
