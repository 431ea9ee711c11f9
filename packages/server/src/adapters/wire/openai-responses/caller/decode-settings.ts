import type { OutputFormat } from "@gantry/contracts/answer-settings";
import type { CallSampling, ModelCall } from "@gantry/contracts/model-call";
import { checkShape, isRecord, reject, rejectField, type Checked } from "../../check-shape.ts";
import { reportUnknownFields, type IgnoredFields } from "../../ignored-fields.ts";
import { isDeep } from "../../is-deep.ts";
import { reasoningSchema, textFormatSchema, textSchema, type ResponsesRequestInput } from "./request-schema.ts";

type CallSettings = Pick<ModelCall, "sampling" | "effort" | "thinking" | "outputFormat" | "endUser">;

export interface DecodedSettings {
  readonly call: CallSettings;
  /** Whether the client is shown what was thought. */
  readonly showsThinking: boolean;
  readonly include: readonly string[];
}

/** Decodes how the answer is to be made and shown. The temperature stays on OpenAI's scale from 0 to 2. */
export function decodeSettings(request: ResponsesRequestInput, ignored: IgnoredFields): Checked<DecodedSettings> {
  const reasoning = decodeReasoning(request.reasoning, ignored);
  if (!reasoning.ok) return reasoning;
  const format = decodeText(request.text, ignored);
  if (!format.ok) return format;
  const include = decodeInclude(request.include ?? [], ignored);
  if (!include.ok) return include;
  const options = noteStreamOptions(request, ignored);
  if (!options.ok) return options;
  if (request.truncation === "auto") ignored.add("truncation");

  const { max_output_tokens: maxOutputTokens, temperature, top_p: topP } = request;
  const sampling: CallSampling = {
    ...(typeof maxOutputTokens === "number" && { maxOutputTokens }),
    ...(typeof temperature === "number" && { temperature }),
    ...(typeof topP === "number" && { topP }),
  };
  const endUser = chooseEndUser(request, ignored);
  const { showsThinking, ...thought } = reasoning.value;
  return {
    ok: true,
    value: {
      call: {
        sampling,
        ...thought,
        ...(format.value !== undefined && { outputFormat: format.value }),
        ...(endUser !== undefined && { endUser }),
      },
      showsThinking,
      include: include.value,
    },
  };
}

const knownReasoning: ReadonlySet<string> = new Set(["effort", "summary", "generate_summary"]);

/** Who wants to see what is thought wants the model to think. */
function decodeReasoning(
  input: unknown,
  ignored: IgnoredFields,
): Checked<Pick<CallSettings, "effort" | "thinking"> & { readonly showsThinking: boolean }> {
  const checked = checkShape(reasoningSchema, input, "reasoning");
  if (!checked.ok) return checked;
  if (isRecord(input)) reportUnknownFields(input, knownReasoning, "reasoning", ignored);
  const effort = checked.value?.effort ?? undefined;
  const summary = checked.value?.summary ?? checked.value?.generate_summary ?? undefined;
  const showsThinking = summary !== undefined;
  return {
    ok: true,
    value: {
      ...(effort !== undefined && { effort }),
      ...(showsThinking && effort !== "none" && { thinking: { type: "adaptive" } as const }),
      showsThinking,
    },
  };
}

const knownText: ReadonlySet<string> = new Set(["format", "verbosity"]);

/** Text is what a model writes when nothing is said, so it decodes to nothing. */
function decodeText(input: unknown, ignored: IgnoredFields): Checked<OutputFormat | undefined> {
  const checked = checkShape(textSchema, input, "text");
  if (!checked.ok) return checked;
  if (isRecord(input)) reportUnknownFields(input, knownText, "text", ignored);
  const verbosity = checked.value?.verbosity;
  if (typeof verbosity === "string" && verbosity !== "medium") ignored.add("text.verbosity");
  const format = checkShape(textFormatSchema, checked.value?.format, "text.format");
  if (!format.ok) return format;
  const wish = format.value;
  if (wish === null || wish === undefined || wish.type === "text") return { ok: true, value: undefined };
  if (wish.type === "json_object") return { ok: true, value: { type: "json_object" } };
  const { name, schema, strict, description } = wish;
  if (isDeep(schema)) return reject("invalid_request", "text.format.schema", "it is nested too deeply");
  if (description !== null && description !== undefined) ignored.add("text.format.description");
  return { ok: true, value: { type: "json_schema", name, schema, ...(typeof strict === "boolean" && { strict }) } };
}

/** What can be included besides is of tools of the vendor's, or of what no model here tells. */
export const sealedThinking = "reasoning.encrypted_content";
const mostIncluded = 20;

function decodeInclude(input: readonly unknown[], ignored: IgnoredFields): Checked<readonly string[]> {
  if (input.length > mostIncluded) {
    return reject("invalid_request", "include", `expected at most ${mostIncluded} entries, got ${input.length}`);
  }
  for (const [index, each] of input.entries()) {
    if (typeof each !== "string") return rejectField(`include[${index}]`, "a string", each);
    if (each !== sealedThinking) ignored.add(`include[${index}]`);
  }
  return { ok: true, value: input.includes(sealedThinking) ? [sealedThinking] : [] };
}

const withoutEffect: ReadonlySet<string> = new Set();
/** No event is ever padded here, so a request for no padding is honoured. */
const withoutPadding: ReadonlySet<string> = new Set(["include_obfuscation"]);

function noteStreamOptions(request: ResponsesRequestInput, ignored: IgnoredFields): Checked<undefined> {
  const options = request.stream_options;
  if (options === null || options === undefined) return { ok: true, value: undefined };
  if (!isRecord(options))
    return rejectField("stream_options", 'an object such as {"include_obfuscation": false}', options);
  if (request.stream !== true) return rejectField("stream_options", "nothing, as stream is not true", options);
  const isUnpadded = options["include_obfuscation"] === false;
  reportUnknownFields(options, isUnpadded ? withoutPadding : withoutEffect, "stream_options", ignored);
  return { ok: true, value: undefined };
}

/** `safety_identifier` has taken the place of `user`. */
function chooseEndUser(request: ResponsesRequestInput, ignored: IgnoredFields): string | undefined {
  const newer = request.safety_identifier ?? "";
  const older = request.user ?? "";
  if (newer !== "" && older !== "" && newer !== older) ignored.add("user");
  return newer !== "" ? newer : older !== "" ? older : undefined;
}
