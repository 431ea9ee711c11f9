import { addUsage, type ChatAnswer, type ChatStep, type StepAnswer } from "./chat-answer.ts";
import type { ChatMessage } from "./chat-messages.ts";
import { toChatSettings, toMostSteps, toWireMessages, type ChatRequest } from "./chat-request.ts";
import type { ChatStreamEvent } from "./chat-stream.ts";
import { isOpen, readCall, runCall } from "./chat-tools.ts";
import { refuseAborted } from "./retry.ts";

/** Asks for one answer, and tells of it while it comes where it is streamed. */
export type AskOnce = (
  body: object,
  signal: AbortSignal,
) => AsyncGenerator<ChatStreamEvent, ChatStep> | Promise<ChatStep>;

/** The bodies of a chat, made before anything is sent: what cannot work is said to the caller at once. */
export function toFirstBody(request: ChatRequest): object {
  toMostSteps(request);
  return { ...toChatSettings(request), messages: toWireMessages(request, []) };
}

/** Answer by answer, with the tools between them run, until the model is done, or what it waits for is the caller's. */
export async function* runSteps(
  request: ChatRequest,
  ask: AskOnce,
  signal: AbortSignal,
): AsyncGenerator<ChatStreamEvent, ChatAnswer> {
  const { tools = [] } = request;
  const mostSteps = toMostSteps(request);
  const said: ChatMessage[] = [];
  let body = toFirstBody(request);
  let sum: StepAnswer | undefined;
  for (let step = 1; ; step += 1) {
    const asked = ask(body, signal);
    const { answer, calls: sent } = asked instanceof Promise ? await asked : yield* asked;
    sum = {
      ...answer,
      usage: sum === undefined ? answer.usage : addUsage(sum.usage, answer.usage),
      cost: addCost(sum, answer),
    };
    // Cut off by its bound, an answer ends in half a call.
    const whole = answer.finishReason === "tool_calls" ? sent : [];
    said.push({ role: "assistant", content: answer.text, ...(whole.length > 0 && { toolCalls: whole }) });
    const calls = await Promise.all(whole.map((call) => readCall(tools, call)));
    for (const call of calls) yield { type: "tool_call", call };
    const open = step >= mostSteps ? calls : calls.filter((call) => isOpen(tools, call));
    const own = calls.filter((call) => !open.includes(call));
    const running = Promise.all(own.map((call) => runCall(tools, call, signal)));
    for (const outcome of await unlessAborted(running, signal)) {
      said.push({ role: "tool", callId: outcome.callId, content: outcome.content });
      yield { type: "tool_result", ...outcome };
    }
    if (open.length > 0 || calls.length === 0) return { ...sum, toolCalls: open, messages: said };
    body = { ...toChatSettings(request), ...freely(request), messages: toWireMessages(request, said) };
  }
}

function addCost(sum: StepAnswer | undefined, { cost }: StepAnswer): number | null {
  if (sum === undefined) return cost;
  return sum.cost === null || cost === null ? null : sum.cost + cost;
}

/** A call that was demanded once would be demanded for ever. */
function freely({ toolChoice }: ChatRequest): object {
  return toolChoice === "required" || typeof toolChoice === "object" ? { tool_choice: "auto" } : {};
}

/** A tool that goes by no signal holds up nobody who leaves. */
async function unlessAborted<Value>(value: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let leave: (() => void) | undefined;
  const left = new Promise<void>((resolve) => {
    leave = resolve;
    if (signal.aborted) resolve();
    signal.addEventListener("abort", leave, { once: true });
  });
  try {
    await Promise.race([value, left]);
    refuseAborted(signal);
    return await value;
  } finally {
    if (leave !== undefined) signal.removeEventListener("abort", leave);
  }
}
