import type { CallEffort, ThinkingWish } from "@gantry/contracts/answer-settings";

/** Models of OpenAI's that refuse any word about reasoning. */
const plainModels = /^(ft:)?(gpt-3|gpt-4|chatgpt|gpt-5[\w.]*-chat)/i;

/** Whether a model may be told how hard to think; those that are not known are taken to reason. */
export function takesEffort(model: string): boolean {
  return !plainModels.test(model);
}

/** Up to which budget of thinking an effort is the nearest. */
const budgets: readonly (readonly [number, CallEffort])[] = [
  [4_096, "low"],
  [16_384, "medium"],
];

/** The effort that is nearest to a budget; undefined where none was given. */
export function toNearestEffort(thinking: ThinkingWish | undefined): CallEffort | undefined {
  if (thinking?.type !== "enabled") return undefined;
  return budgets.find(([most]) => thinking.budgetTokens <= most)?.[1] ?? "high";
}
