import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { ToolDefinition } from "@gantry/contracts/answer-settings";
import type { ModelCall } from "@gantry/contracts/model-call";
import type { ProviderFormat } from "../../../core/ports/call-format.ts";
import { createIgnoredFields, type IgnoredFields } from "../ignored-fields.ts";
import { encodeBlocks } from "./encode-blocks.ts";
import { encodeTurns } from "./encode-turns.ts";

type Encoded = ReturnType<ProviderFormat["encodeCall"]>;

/** The vendor insists on a bound. Every model of its takes this much, and it is more than most answers need. */
const defaultMaxTokens = 8192;

/**
 * Encodes a call of another dialect for the Messages API. What is asked for and does not exist there is a failure:
 * JSON without a schema, and a stop sequence of white space.
 */
export function encodeCall(call: ModelCall, model: string): Encoded {
  const ignored = createIgnoredFields();
  const refusal = findRefusal(call);
  if (refusal !== undefined) return { ok: false, failure: refusal };
  const turns = encodeTurns(call, ignored);
  if (!turns.ok) return turns;
  const { system, messages } = turns.value;
  const { sampling, endUser } = call;
  const body = {
    model,
    max_tokens: sampling.maxOutputTokens ?? defaultMaxTokens + toThinkingTokens(call),
    ...(system.length > 0 && { system: encodeBlocks(system, ignored) }),
    messages,
    ...encodeTools(call),
    ...encodeSampling(call, ignored),
    ...encodeThinking(call),
    ...encodeOutput(call, ignored),
    ...(endUser !== undefined && { metadata: { user_id: endUser } }),
    ...(call.stream && { stream: true }),
  };
  return { ok: true, body, ignored: ignored.list() };
}

function findRefusal({ sampling, outputFormat, tools, toolChoice }: ModelCall): Failure | undefined {
  if (outputFormat?.type === "json_object") {
    return refuse("response_format", "JSON without a schema is not served by this model; give a JSON schema");
  }
  if (sampling.stopSequences?.some((sequence) => sequence.trim() === "")) {
    return refuse("stop", "stop sequences of white space alone are not served by this model");
  }
  if (tools.length === 0 && (toolChoice?.type === "any" || toolChoice?.type === "tool")) {
    return toFailure("invalid_request", "tool_choice: expected no call to be forced where there are no tools", {
      param: "tool_choice",
    });
  }
  return undefined;
}

function refuse(param: string, sentence: string): Failure {
  return toFailure("unsupported_feature", `${param}: ${sentence}`, { param });
}

/** Thinking counts as output: what is set aside for it must not be all there is. */
function toThinkingTokens({ thinking }: ModelCall): number {
  return thinking?.type === "enabled" ? thinking.budgetTokens : 0;
}

function encodeTools({ tools, toolChoice, parallelToolCalls }: ModelCall): object {
  if (tools.length === 0) return {};
  const isSingle = parallelToolCalls === false && toolChoice?.type !== "none";
  const choice = toolChoice ?? (isSingle ? { type: "auto" } : undefined);
  return {
    tools: tools.map(encodeTool),
    ...(choice && { tool_choice: { ...choice, ...(isSingle && { disable_parallel_tool_use: true }) } }),
  };
}

/** Other vendors take a tool without parameters that has no schema at all. */
function encodeTool({ name, description, inputSchema, strict }: ToolDefinition): object {
  return {
    name,
    ...(description !== undefined && { description }),
    input_schema: { type: "object", ...inputSchema },
    ...(strict === true && { strict }),
  };
}

/** The temperature goes to 1 here, elsewhere to 2. */
function encodeSampling({ sampling }: ModelCall, ignored: IgnoredFields): object {
  const { temperature, topP, topK, stopSequences = [] } = sampling;
  if (temperature !== undefined && temperature > 1) ignored.add("temperature", "capped-at-1");
  return {
    ...(temperature !== undefined && { temperature: Math.min(temperature, 1) }),
    ...(topP !== undefined && { top_p: topP }),
    ...(topK !== undefined && { top_k: topK }),
    ...(stopSequences.length > 0 && { stop_sequences: stopSequences }),
  };
}

function encodeThinking({ thinking, effort }: ModelCall): object {
  if (thinking?.type === "enabled") {
    return { thinking: { type: "enabled", budget_tokens: thinking.budgetTokens } };
  }
  const wish = thinking ?? (effort === "none" ? { type: "disabled" } : undefined);
  return wish === undefined ? {} : { thinking: wish };
}

function encodeOutput({ effort, outputFormat }: ModelCall, ignored: IgnoredFields): object {
  if (effort === "minimal") ignored.add("effort.minimal", "as-low");
  const level = effort === "minimal" ? "low" : effort === "none" ? undefined : effort;
  const format =
    outputFormat?.type === "json_schema" ? { type: "json_schema", schema: outputFormat.schema } : undefined;
  if (level === undefined && format === undefined) return {};
  return { output_config: { ...(level && { effort: level }), ...(format && { format }) } };
}
