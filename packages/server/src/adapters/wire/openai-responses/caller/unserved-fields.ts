import { reject, type Checked } from "../../check-shape.ts";
import type { IgnoredFields } from "../../ignored-fields.ts";
import { requestSchema } from "./request-schema.ts";

const decoded: ReadonlySet<string> = new Set(Object.keys(requestSchema.shape));

/** Values with which a field that has no effect here would have had none at OpenAI either. */
const neutralValues: ReadonlyMap<string, readonly unknown[]> = new Map<string, readonly unknown[]>([
  ["service_tier", ["auto", "default"]],
  ["top_logprobs", [0]],
]);

/** What the answer would be wrong without. */
const refusals: ReadonlyMap<string, string> = new Map([
  ["conversation", "conversations are not kept here; send previous_response_id or the whole input"],
  ["prompt", "prompts of the vendor's are not served here; send instructions and input"],
]);

/**
 * Goes through the top-level fields that cannot be honoured. What would give a wrong answer is a failure, what merely has no
 * effect is reported, and a value that changes nothing passes in silence.
 */
export function checkUnservedFields(
  body: Readonly<Record<string, unknown>>,
  ignored: IgnoredFields,
): Checked<undefined> {
  for (const name of Object.keys(body)) {
    const value = body[name];
    if (decoded.has(name) || value === null || value === undefined) continue;
    const refusal = refusals.get(name);
    if (refusal !== undefined) return reject("unsupported_feature", name, refusal);
    if (neutralValues.get(name)?.includes(value) !== true) ignored.add(name);
  }
  return { ok: true, value: undefined };
}
