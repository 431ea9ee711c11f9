import { reject, type Checked } from "../check-shape.ts";
import type { IgnoredFields } from "../ignored-fields.ts";

/** Decoded elsewhere, or without a meaning for the answer. */
const known: ReadonlySet<string> = new Set([
  "model",
  "max_tokens",
  "messages",
  "system",
  "temperature",
  "top_p",
  "top_k",
  "stop_sequences",
  "stream",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "output_format",
  "metadata",
  "cache_control",
]);

const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;

/** Values with which a field asks for nothing. */
const neutralValues: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ["service_tier", (value: unknown) => value === "auto"],
  ["speed", (value: unknown) => value === "standard"],
  ["inference_geo", (value: unknown) => value === "global"],
  ["mcp_servers", isEmptyList],
]);

/** What the answer would be wrong without. */
const refusals: ReadonlyMap<string, string> = new Map([
  ["mcp_servers", "servers of tools that the vendor calls itself cannot be carried to this model"],
  ["inference_geo", "where the answer is made cannot be promised for this model"],
  ["thread", "a conversation that is kept by the vendor cannot be carried to this model; send all of its messages"],
]);

/**
 * Goes through the top-level fields that only the vendor knows: what would give a wrong answer is a failure, all else is
 * reported. The vendor itself refuses fields that it does not know; here they may be newer than this list.
 */
export function checkUnservedFields(
  body: Readonly<Record<string, unknown>>,
  ignored: IgnoredFields,
): Checked<undefined> {
  for (const [name, value] of Object.entries(body)) {
    if (known.has(name) || value === null || value === undefined) continue;
    if (neutralValues.get(name)?.(value) === true) continue;
    const refusal = refusals.get(name);
    if (refusal !== undefined) return reject("unsupported_feature", name, refusal);
    ignored.add(name);
  }
  return { ok: true, value: undefined };
}
