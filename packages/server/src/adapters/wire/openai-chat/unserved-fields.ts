import { describe, isRecord, reject, rejectField, type Checked } from "../check-shape.ts";
import type { IgnoredFields } from "../ignored-fields.ts";

const decodedFields: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "max_tokens",
  "max_completion_tokens",
  "temperature",
  "top_p",
  "stop",
  "stream",
  "stream_options",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "functions",
  "function_call",
  "response_format",
  "reasoning_effort",
  "user",
  "safety_identifier",
]);

const isEmptyRecord = (value: unknown) => isRecord(value) && Object.keys(value).length === 0;

/** Values with which a field that has no effect here would have had none at OpenAI either. */
const neutralValues: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ["frequency_penalty", (value: unknown) => value === 0],
  ["presence_penalty", (value: unknown) => value === 0],
  ["logprobs", (value: unknown) => value === false],
  ["top_logprobs", (value: unknown) => value === 0],
  ["logit_bias", isEmptyRecord],
  ["metadata", isEmptyRecord],
  ["store", (value: unknown) => value === false],
  ["service_tier", (value: unknown) => value === "auto" || value === "default"],
  ["verbosity", (value: unknown) => value === "medium"],
]);

type Verdict = Checked<undefined>;
const accepted: Verdict = { ok: true, value: undefined };

/** Fields that would make the answer wrong if they were ignored: each says which values are harmless. */
const refusals: ReadonlyMap<string, (value: unknown) => Verdict> = new Map([
  ["n", refuseSeveralAnswers],
  ["audio", () => reject("unsupported_feature", "audio", "spoken answers are not served here")],
  ["modalities", refuseModalities],
]);

/**
 * Goes through the top-level fields that cannot be honoured. What would give a wrong answer is a failure, what merely has
 * no effect is reported, and a value that changes nothing passes in silence.
 */
export function checkUnservedFields(body: Readonly<Record<string, unknown>>, ignored: IgnoredFields): Verdict {
  for (const name of Object.keys(body)) {
    const value = body[name];
    if (decodedFields.has(name)) continue;
    if (value === null || value === undefined) continue;
    const refuse = refusals.get(name);
    if (refuse === undefined) {
      if (neutralValues.get(name)?.(value) !== true) ignored.add(name);
      continue;
    }
    const verdict = refuse(value);
    if (!verdict.ok) return verdict;
  }
  return accepted;
}

function refuseSeveralAnswers(value: unknown): Verdict {
  if (value === 1) return accepted;
  return Number.isInteger(value) && Number(value) > 1
    ? reject("unsupported_feature", "n", `one answer is made for each request, got ${describe(value)}; send n requests`)
    : rejectField("n", "the number 1", value);
}

function refuseModalities(value: unknown): Verdict {
  if (!Array.isArray(value)) return rejectField("modalities", 'the array ["text"]', value);
  return value.every((modality) => modality === "text")
    ? accepted
    : reject("unsupported_feature", "modalities", 'answers are made as text alone; send ["text"] or leave it out');
}
