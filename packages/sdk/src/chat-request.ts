import type { CallEffort } from "@gantry/contracts/answer-settings";
import type { Sampling } from "@gantry/contracts/completion";
import { toWireMessage, type ChatMessage } from "./chat-messages.ts";
import { toWireTools, type ChatTool } from "./chat-tools.ts";
import { GantryError } from "./gantry-error.ts";

/** `required`: some tool must be called; `{ name }`: this one. */
export type ChatToolChoice = "auto" | "none" | "required" | { readonly name: string };

/** One answer to one conversation. Bounds of the answer are those of the contract. */
export interface ChatRequest<Tools extends readonly ChatTool[] = readonly ChatTool[]> extends Sampling {
  /** A name such as `sonnet`, a full id, or `auto`, which it is where it is missing. */
  readonly model?: string;
  readonly system?: string;
  /** The conversation; or `prompt`, in the place of a single message of the user. */
  readonly messages?: readonly ChatMessage[];
  readonly prompt?: string;
  /** How hard the model thinks; `none` for not at all. */
  readonly effort?: CallEffort;
  /** What the model may call. Those with `execute` are run here, and the model is asked again with what they gave. */
  readonly tools?: Tools;
  /** Of the first answer; behind results the model is free. */
  readonly toolChoice?: ChatToolChoice;
  /** The most answers of the model that a call takes, each of which is billed: 10 where it is missing. */
  readonly maxSteps?: number;
  /** Who is charged; the key's own project where it is missing. */
  readonly projectId?: string;
}

const usualSteps = 10;

/** The request in the shape of OpenAI's Chat Completions, which the server takes, without its messages. */
export function toChatSettings(request: ChatRequest): Record<string, unknown> {
  const { model = "auto", projectId, maxOutputTokens, temperature, topP, stopSequences, effort } = request;
  const { tools = [], toolChoice } = request;
  return {
    model,
    ...(maxOutputTokens !== undefined && { max_completion_tokens: maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(stopSequences !== undefined && { stop: stopSequences }),
    ...(effort !== undefined && { reasoning_effort: effort }),
    ...(projectId !== undefined && { project_id: projectId }),
    ...(tools.length > 0 && { tools: toWireTools(tools) }),
    ...(toolChoice !== undefined && { tool_choice: toWireChoice(toolChoice) }),
  };
}

/** Its messages in that shape; those that come of it go behind them. */
export function toWireMessages(request: ChatRequest, said: readonly ChatMessage[]): object[] {
  const { system } = request;
  return [
    ...(system === undefined ? [] : [{ role: "system", content: system }]),
    ...[...toMessages(request), ...said].map(toWireMessage),
  ];
}

export function toMostSteps({ maxSteps = usualSteps }: ChatRequest): number {
  if (Number.isInteger(maxSteps) && maxSteps > 0) return maxSteps;
  throw new GantryError("invalid_argument", "maxSteps: expected a whole number from 1 on.", { param: "maxSteps" });
}

function toMessages({ messages, prompt }: ChatRequest): readonly ChatMessage[] {
  if (messages !== undefined && prompt === undefined) return messages;
  if (prompt !== undefined && messages === undefined) return [{ role: "user", content: prompt }];
  throw new GantryError("invalid_argument", "A chat takes either `messages` or `prompt`.", { param: "messages" });
}

function toWireChoice(choice: ChatToolChoice): unknown {
  return typeof choice === "string" ? choice : { type: "function", function: choice };
}
