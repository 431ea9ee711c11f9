import type { Failure } from "@gantry/contracts/errors";
import type { OutputFormat, ToolChoice, ToolDefinition } from "@gantry/contracts/answer-settings";
import type { ModelCall } from "@gantry/contracts/model-call";
import { reject } from "../check-shape.ts";
import { createIgnoredFields, type IgnoredFields } from "../ignored-fields.ts";
import { takesEffort, toNearestEffort } from "../reasoning-effort.ts";
import { encodeInput } from "./encode-input.ts";
import { toBoundedName } from "./to-bounded-name.ts";
import type { FunctionTool, Reasoning, ResponsesRequest } from "./request-body.ts";

export type EncodedCall =
  | { readonly ok: true; readonly body: ResponsesRequest; readonly ignored: readonly string[] }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Writes a call as the body of `POST /responses`. Nothing is stored by the vendor. Named as ignored: `top_k`, `thinking`
 * (what the model thought earlier: another vendor's seal means nothing here), and `effort` and `thinking.…` where the model
 * is not told. Stop sequences are a failure: without them the answer would run on past the place where the client asked it
 * to end.
 */
export function encodeCall(call: ModelCall, model: string): EncodedCall {
  if ((call.sampling.stopSequences ?? []).length > 0) {
    const sentence = "the model's provider takes none in the Responses API";
    return reject("unsupported_feature", "stop_sequences", sentence);
  }
  const ignored = createIgnoredFields();
  const input = encodeInput(call.messages, ignored);
  if (!input.ok) return input;
  if (call.sampling.topK !== undefined) ignored.add("top_k");
  const body: ResponsesRequest = {
    model,
    ...(call.system.length > 0 && { instructions: call.system.map(({ text }) => text).join("\n\n") }),
    input: input.value,
    ...encodeTools(call, ignored),
    ...encodeSampling(call),
    ...encodeReasoning(call, model, ignored),
    ...(call.outputFormat !== undefined && { text: { format: encodeFormat(call.outputFormat) } }),
    ...(call.endUser !== undefined && { safety_identifier: toBoundedName(call.endUser) }),
    stream: call.stream,
    store: false,
  };
  return { ok: true, body, ignored: ignored.list() };
}

/** Without tools the API refuses every word about them. */
function encodeTools(
  { tools, toolChoice, parallelToolCalls }: ModelCall,
  ignored: IgnoredFields,
): Partial<ResponsesRequest> {
  if (tools.length === 0) {
    if (toolChoice?.type === "any" || toolChoice?.type === "tool") ignored.add("tool_choice");
    return {};
  }
  return {
    tools: tools.map(encodeTool),
    ...(toolChoice !== undefined && { tool_choice: encodeToolChoice(toolChoice) }),
    ...(parallelToolCalls !== undefined && { parallel_tool_calls: parallelToolCalls }),
  };
}

/** `strict` is always written, since the API's default is to make every schema strict. */
function encodeTool({ name, description, inputSchema, strict = false }: ToolDefinition): FunctionTool {
  const lacking = inputSchema["type"] === "object" && inputSchema["properties"] === undefined;
  return {
    type: "function",
    name,
    ...(description !== undefined && { description }),
    // The API takes no object schema that does not list its properties, were there none.
    parameters: lacking ? { ...inputSchema, properties: {} } : inputSchema,
    strict,
  };
}

function encodeToolChoice(choice: ToolChoice): NonNullable<ResponsesRequest["tool_choice"]> {
  switch (choice.type) {
    case "auto":
    case "none":
      return choice.type;
    case "any":
      return "required";
    case "tool":
      return { type: "function", name: choice.name };
  }
}

function encodeSampling({ sampling }: ModelCall): Partial<ResponsesRequest> {
  const { maxOutputTokens, temperature, topP } = sampling;
  return {
    ...(maxOutputTokens !== undefined && { max_output_tokens: maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
  };
}

/** The API never shows its thinking itself; a summary is what a client that asked for thinking can see of it. */
function encodeReasoning(
  { effort, thinking }: ModelCall,
  model: string,
  ignored: IgnoredFields,
): { reasoning?: Reasoning } {
  const tellable = takesEffort(model);
  if (effort !== undefined && !tellable) ignored.add("effort");
  const nearest = tellable && effort === undefined ? toNearestEffort(thinking) : undefined;
  if (nearest !== undefined) ignored.add("thinking.budget_tokens", `effort-${nearest}`);
  else if (thinking?.type === "enabled") ignored.add("thinking.budget_tokens");
  // Which models can be told not to think at all differs too much: told the wrong word they refuse the call.
  if (thinking?.type === "disabled" && effort === undefined) ignored.add("thinking.disabled");
  const told = effort ?? nearest;
  const shown = thinking !== undefined && thinking.type !== "disabled";
  if (!tellable || (told === undefined && !shown)) return {};
  return { reasoning: { ...(told !== undefined && { effort: told }), ...(shown && { summary: "auto" }) } };
}

function encodeFormat(format: OutputFormat): NonNullable<ResponsesRequest["text"]>["format"] {
  if (format.type === "json_object") return { type: "json_object" };
  const { name = "answer", schema, strict } = format;
  return { type: "json_schema", name, schema, ...(strict !== undefined && { strict }) };
}
