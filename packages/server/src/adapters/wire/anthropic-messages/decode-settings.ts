import type { CallEffort, OutputFormat, ThinkingWish } from "@gantry/contracts/answer-settings";
import type { CallSampling } from "@gantry/contracts/model-call";
import { checkShape, isRecord, reject, type Checked } from "../check-shape.ts";
import { reportUnknownFields, type IgnoredFields } from "../ignored-fields.ts";
import { isDeep } from "../is-deep.ts";
import {
  maximumStopSequences,
  outputConfigSchema,
  outputFormatSchema,
  stopSequenceSchema,
  thinkingSchema,
  type MessagesRequest,
} from "./schema.ts";

export interface DecodedSettings {
  readonly sampling: CallSampling;
  readonly thinking?: ThinkingWish;
  /** For the whole call; messages may change it. */
  readonly effort?: CallEffort;
  readonly outputFormat?: OutputFormat;
  readonly endUser?: string;
}

/** Decodes how the answer is to be made. */
export function decodeSettings(request: MessagesRequest, ignored: IgnoredFields): Checked<DecodedSettings> {
  const stopSequences = decodeStopSequences(request.stop_sequences ?? []);
  if (!stopSequences.ok) return stopSequences;
  const thinking = decodeThinking(request.thinking, ignored);
  if (!thinking.ok) return thinking;
  const output = decodeOutput(request, ignored);
  if (!output.ok) return output;
  const { temperature, top_p: topP, top_k: topK, metadata } = request;
  const sampling: CallSampling = {
    maxOutputTokens: request.max_tokens,
    ...(typeof temperature === "number" && { temperature }),
    ...(typeof topP === "number" && { topP }),
    ...(typeof topK === "number" && { topK }),
    ...(stopSequences.value.length > 0 && { stopSequences: stopSequences.value }),
  };
  return {
    ok: true,
    value: { sampling, ...thinking.value, ...output.value, ...(metadata?.user_id && { endUser: metadata.user_id }) },
  };
}

function decodeStopSequences(inputs: readonly unknown[]): Checked<readonly string[]> {
  if (inputs.length > maximumStopSequences) {
    return reject(
      "invalid_request",
      "stop_sequences",
      `expected at most ${maximumStopSequences}, got ${inputs.length}`,
    );
  }
  const sequences: string[] = [];
  for (const [index, input] of inputs.entries()) {
    const checked = checkShape(stopSequenceSchema, input, `stop_sequences.${index}`);
    if (!checked.ok) return checked;
    sequences.push(checked.value);
  }
  return { ok: true, value: sequences };
}

const knownThinking: ReadonlySet<string> = new Set(["type", "budget_tokens"]);

/** Thinking between the calls of tools alone is a way of the vendor; elsewhere the model decides when it thinks. */
function decodeThinking(input: unknown, ignored: IgnoredFields): Checked<{ thinking?: ThinkingWish }> {
  const checked = checkShape(thinkingSchema, input, "thinking");
  if (!checked.ok) return checked;
  const wish = checked.value;
  if (wish === null || wish === undefined) return { ok: true, value: {} };
  if (isRecord(input)) reportUnknownFields(input, knownThinking, "thinking", ignored);
  switch (wish.type) {
    case "enabled":
      return { ok: true, value: { thinking: { type: "enabled", budgetTokens: wish.budget_tokens } } };
    case "between_tools":
      ignored.add("thinking.between_tools", "as-adaptive");
      return { ok: true, value: { thinking: { type: "adaptive" } } };
    default:
      return { ok: true, value: { thinking: { type: wish.type } } };
  }
}

const knownOutput: ReadonlySet<string> = new Set(["effort", "format"]);

/** `output_format` is the older name of `output_config.format`. */
function decodeOutput(
  request: MessagesRequest,
  ignored: IgnoredFields,
): Checked<Pick<DecodedSettings, "effort" | "outputFormat">> {
  const config = checkShape(outputConfigSchema, request.output_config, "output_config");
  if (!config.ok) return config;
  if (isRecord(request.output_config))
    reportUnknownFields(request.output_config, knownOutput, "output_config", ignored);
  const older = checkShape(outputFormatSchema, request.output_format, "output_format");
  if (!older.ok) return older;
  const effort = config.value?.effort;
  const [format, path] = config.value?.format
    ? [config.value.format, "output_config.format"]
    : [older.value, "output_format"];
  if (format && isDeep(format.schema)) return reject("invalid_request", `${path}.schema`, "it is nested too deeply");
  return {
    ok: true,
    value: {
      ...(effort && { effort }),
      // The vendor's formats are always kept to.
      ...(format && { outputFormat: { type: "json_schema", schema: format.schema, strict: true } }),
    },
  };
}
