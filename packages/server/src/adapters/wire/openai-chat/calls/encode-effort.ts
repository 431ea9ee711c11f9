import type { CallEffort, ModelCall } from "@gantry/contracts/model-call";
import type { IgnoredFields } from "../../ignored-fields.ts";
import type { ServerManner } from "./server-manner.ts";

/** Models that refuse any word about reasoning; those that are not known are taken to reason. */
const plainModels = /^(ft:)?(gpt-3|gpt-4|chatgpt|gpt-5[\w.]*-chat)/i;

/** Up to which budget of thinking an effort is the nearest. */
const budgets: readonly (readonly [number, CallEffort])[] = [
  [4_096, "low"],
  [16_384, "medium"],
];

/**
 * What the server is told of how hard to think: the effort that was asked for, else the one nearest to the budget. What it
 * cannot be told is named in `ignored`; a wish for adaptive thinking is what a model that reasons does anyway.
 */
export function encodeEffort(
  { effort, thinking }: ModelCall,
  model: string,
  { takesEffort }: ServerManner,
  ignored: IgnoredFields,
): CallEffort | undefined {
  const tellable = takesEffort && !plainModels.test(model);
  if (effort !== undefined && !tellable) ignored.add("effort");
  const budget = thinking?.type === "enabled" ? thinking.budgetTokens : undefined;
  const nearest = tellable && effort === undefined && budget !== undefined ? toEffort(budget) : undefined;
  if (nearest !== undefined) ignored.add("thinking.budget_tokens", `effort-${nearest}`);
  else if (budget !== undefined) ignored.add("thinking.budget_tokens");
  // Which models can be told not to think at all differs too much: told the wrong word they refuse the call.
  if (thinking?.type === "disabled" && effort === undefined) ignored.add("thinking.disabled");
  return tellable ? (effort ?? nearest) : undefined;
}

function toEffort(budgetTokens: number): CallEffort {
  return budgets.find(([most]) => budgetTokens <= most)?.[1] ?? "high";
}
