import type { ModelCall } from "@gantry/contracts/model-call";
import type { ResponsesRequestInput } from "./request-schema.ts";

/** What a response says of the request that it answers. What was not honoured is shown as it was done instead. */
export function toEchoedFields(request: ResponsesRequestInput, call: Omit<ModelCall, "system" | "messages">) {
  return {
    background: request.background ?? false,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: null,
    metadata: request.metadata ?? {},
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    prompt_cache_key: null,
    reasoning: { effort: call.effort ?? null, summary: readSummary(request.reasoning) },
    safety_identifier: request.safety_identifier ?? null,
    service_tier: "default",
    store: request.store ?? true,
    temperature: request.temperature ?? null,
    text: { format: toTextFormat(call.outputFormat), verbosity: "medium" },
    tool_choice: toToolChoice(call.toolChoice),
    tools: call.tools.map(({ name, description, inputSchema, strict }) => ({
      type: "function",
      name,
      description: description ?? null,
      parameters: inputSchema,
      strict: strict ?? false,
    })),
    top_logprobs: 0,
    top_p: request.top_p ?? null,
    truncation: "disabled",
    user: request.user ?? null,
  } as const;
}

export type EchoedFields = ReturnType<typeof toEchoedFields>;

function readSummary(reasoning: unknown): unknown {
  if (typeof reasoning !== "object" || reasoning === null) return null;
  const read = (name: string): unknown => Reflect.get(reasoning, name);
  return read("summary") ?? read("generate_summary") ?? null;
}

function toTextFormat(format: ModelCall["outputFormat"]) {
  if (format === undefined) return { type: "text" } as const;
  if (format.type === "json_object") return format;
  const { name = "answer", schema, strict } = format;
  return { type: "json_schema", name, description: null, schema, strict: strict ?? false } as const;
}

function toToolChoice(choice: ModelCall["toolChoice"]) {
  if (choice === undefined) return "auto" as const;
  if (choice.type === "tool") return { type: "function", name: choice.name } as const;
  return choice.type === "any" ? ("required" as const) : choice.type;
}
