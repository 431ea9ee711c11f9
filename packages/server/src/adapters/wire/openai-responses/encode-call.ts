import { createHash } from "node:crypto";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { ModelCall, OutputFormat, ToolChoice, ToolDefinition } from "@gantry/contracts/model-call";
import { encodeInput } from "./encode-input.ts";
import type { FunctionTool, Reasoning, ResponsesRequest } from "./request-body.ts";

export type EncodedCall =
  | { readonly ok: true; readonly body: ResponsesRequest; readonly ignored: readonly string[] }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Writes a call as the body of `POST /responses`. Nothing is stored by the vendor. Named as ignored: `top_k`, a budget or
 * a prohibition of thinking (the API knows efforts alone), earlier thinking, and that a tool's result is an error. Stop
 * sequences are a failure: without them the answer would run on past the place where the client asked it to end.
 */
export function encodeCall(call: ModelCall, model: string): EncodedCall {
  if ((call.sampling.stopSequences ?? []).length > 0) return rejectStopSequences();
  const input = encodeInput(call.messages);
  if (!input.ok) return input;
  const body: ResponsesRequest = {
    model,
    ...(call.system.length > 0 && { instructions: call.system.map(({ text }) => text).join("\n\n") }),
    input: input.items,
    ...encodeTools(call),
    ...encodeSampling(call),
    ...encodeReasoning(call),
    ...(call.outputFormat !== undefined && { text: { format: encodeFormat(call.outputFormat) } }),
    ...(call.endUser !== undefined && { safety_identifier: toIdentifier(call.endUser) }),
    stream: call.stream,
    store: false,
  };
  return { ok: true, body, ignored: [...nameIgnored(call), ...input.ignored] };
}

function rejectStopSequences(): EncodedCall {
  const sentence = "stop: the model's API has no stop sequences; leave them out, or use another model";
  return { ok: false, failure: toFailure("unsupported_feature", sentence, { param: "stop" }) };
}

/** Without tools the API refuses every word about them. */
function encodeTools({ tools, toolChoice, parallelToolCalls }: ModelCall): Partial<ResponsesRequest> {
  if (tools.length === 0) return {};
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
function encodeReasoning({ effort, thinking }: ModelCall): { reasoning?: Reasoning } {
  const wished = thinking !== undefined && thinking.type !== "disabled";
  if (effort === undefined && !wished) return {};
  return { reasoning: { ...(effort !== undefined && { effort }), ...(wished && { summary: "auto" }) } };
}

function encodeFormat(format: OutputFormat): NonNullable<ResponsesRequest["text"]>["format"] {
  if (format.type === "json_object") return { type: "json_object" };
  const { name = "answer", schema, strict } = format;
  return { type: "json_schema", name, schema, ...(strict !== undefined && { strict }) };
}

/** Longer ones are refused; 64 was the bound before it became 128, and is that of other servers. */
const longestIdentifier = 64;

/** A name that is too long is sent as its digest, which stays the same and still tells users apart. */
function toIdentifier(endUser: string): string {
  return endUser.length <= longestIdentifier ? endUser : createHash("sha256").update(endUser).digest("hex");
}

function nameIgnored({ sampling, thinking, tools, toolChoice }: ModelCall): string[] {
  return [
    ...(sampling.topK !== undefined ? ["top_k"] : []),
    ...(thinking?.type === "enabled" ? ["thinking.budget_tokens"] : []),
    ...(thinking?.type === "disabled" ? ["thinking.disabled"] : []),
    ...(tools.length === 0 && (toolChoice?.type === "any" || toolChoice?.type === "tool") ? ["tool_choice"] : []),
  ];
}
