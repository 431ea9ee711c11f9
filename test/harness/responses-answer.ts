import type { Response, ResponseOutputItem } from "openai/resources/responses/responses";
import type { ChatHead } from "./chat-answer.ts";
import { argumentsOf, reasonOf, type SaidAnswer } from "./upstream-answer.ts";

/** An answer as the Responses API gives it as a whole. */
export function toResponse(answer: SaidAnswer, { id, model, usage, callId }: ChatHead): Response {
  const { input, cached = 0, output } = usage;
  const reason = reasonOf(answer);
  const broken = reason === "length" || reason === "content_filter";
  return {
    id,
    object: "response",
    created_at: 1_767_225_600,
    model,
    status: broken ? "incomplete" : "completed",
    incomplete_details: broken ? { reason: reason === "length" ? "max_output_tokens" : reason } : null,
    output: toItems(answer, id, callId),
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input + output,
    },
    access_programs: null,
    output_text: answer.text ?? "",
    error: null,
    instructions: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: 1,
    top_p: 1,
    tool_choice: "auto",
    tools: [],
  };
}

function toItems(answer: SaidAnswer, id: string, callId: ChatHead["callId"]): ResponseOutputItem[] {
  const { thinking, text, refusal, toolCalls = [] } = answer;
  const said = { id: `msg_${id}`, type: "message", role: "assistant", status: "completed" } as const;
  return [
    ...(thinking === undefined
      ? []
      : [{ id: `rs_${id}`, type: "reasoning" as const, summary: [{ type: "summary_text" as const, text: thinking }] }]),
    ...(text === undefined ? [] : [{ ...said, content: [{ type: "output_text" as const, text, annotations: [] }] }]),
    ...(refusal === undefined ? [] : [{ ...said, content: [{ type: "refusal" as const, refusal }] }]),
    ...toolCalls.map((call, index) => ({
      id: `fc_${id}_${index}`,
      type: "function_call" as const,
      status: "completed" as const,
      call_id: call.id ?? callId(index),
      name: call.name,
      arguments: argumentsOf(call),
    })),
  ];
}
