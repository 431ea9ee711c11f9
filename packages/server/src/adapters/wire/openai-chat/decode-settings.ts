import type { Sampling } from "@gantry/contracts/completion";
import { checkShape, isRecord, reject, rejectField, type Checked } from "../check-shape.ts";
import { reportUnknownFields, type IgnoredFields } from "../ignored-fields.ts";
import { maximumStopSequences, stopSequenceSchema, streamOptionsSchema, type ChatCompletionRequest } from "./schema.ts";

const knownOptions: ReadonlySet<string> = new Set(["include_usage"]);
/** No chunk is ever padded here, so a request for no padding is honoured. */
const optionsWithoutPadding: ReadonlySet<string> = new Set(["include_usage", "include_obfuscation"]);

/** How the answer is to be made and sent. */
export interface ChatSettings {
  readonly sampling: Sampling;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

/**
 * Decodes the settings beside the conversation. OpenAI's temperature goes to 2, the Messages API's to 1: above the highest
 * that can be passed on it is capped and reported. `max_completion_tokens` beats the older `max_tokens`.
 */
export function decodeSettings(
  request: ChatCompletionRequest,
  ignored: IgnoredFields,
  highestTemperature: 1 | 2 = 1,
): Checked<ChatSettings> {
  const stopSequences = decodeStop(request.stop);
  if (!stopSequences.ok) return stopSequences;
  const delivery = decodeDelivery(request, ignored);
  if (!delivery.ok) return delivery;

  const maxOutputTokens = request.max_completion_tokens ?? request.max_tokens ?? undefined;
  if (typeof request.max_tokens === "number" && request.max_tokens !== maxOutputTokens) ignored.add("max_tokens");
  const temperature = request.temperature ?? undefined;
  if (temperature !== undefined && temperature > highestTemperature) {
    ignored.add("temperature", `capped-at-${highestTemperature}`);
  }

  const sampling: Sampling = {
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(temperature !== undefined && { temperature: Math.min(temperature, highestTemperature) }),
    ...(typeof request.top_p === "number" && { topP: request.top_p }),
    ...(stopSequences.value.length > 0 && { stopSequences: stopSequences.value }),
  };
  return { ok: true, value: { sampling, ...delivery.value } };
}

/** The Messages API refuses stop sequences of white space alone, so they fail here, where the field can be named. */
function decodeStop(stop: ChatCompletionRequest["stop"]): Checked<readonly string[]> {
  if (stop === null || stop === undefined) return { ok: true, value: [] };
  if (typeof stop === "string") {
    const checked = checkShape(stopSequenceSchema, stop, "stop");
    return checked.ok ? { ok: true, value: [checked.value] } : checked;
  }
  if (stop.length > maximumStopSequences) {
    return reject("invalid_request", "stop", `expected at most ${maximumStopSequences} entries, got ${stop.length}`);
  }
  const sequences: string[] = [];
  for (const [index, entry] of stop.entries()) {
    const checked = checkShape(stopSequenceSchema, entry, `stop[${index}]`);
    if (!checked.ok) return checked;
    sequences.push(checked.value);
  }
  return { ok: true, value: sequences };
}

function decodeDelivery(
  request: ChatCompletionRequest,
  ignored: IgnoredFields,
): Checked<{ stream: boolean; includeUsage: boolean }> {
  const stream = request.stream ?? false;
  const options = checkShape(streamOptionsSchema, request.stream_options, "stream_options");
  if (!options.ok) return options;
  if (!isRecord(request.stream_options)) return { ok: true, value: { stream, includeUsage: false } };
  if (!stream) return rejectField("stream_options", "nothing, as stream is not true", request.stream_options);
  const unpadded = request.stream_options["include_obfuscation"] === false;
  reportUnknownFields(
    request.stream_options,
    unpadded ? optionsWithoutPadding : knownOptions,
    "stream_options",
    ignored,
  );
  return { ok: true, value: { stream, includeUsage: options.value?.include_usage ?? false } };
}
