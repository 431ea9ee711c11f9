import type { PermissionProfile } from "@gantry/contracts/access";
import { matchesWildcard } from "./match-wildcard.ts";

/**
 * A profile that allows the models which both it and `models` name; the rest of it stays. Where neither of two patterns lies
 * within the other (`claude-*` and `*-mini`), what they have in common is denied: no single pattern says it.
 */
export function narrowProfile(profile: PermissionProfile, models: readonly string[]): PermissionProfile {
  const within = (entries: readonly string[], patterns: readonly string[]): string[] =>
    // A pattern is a text as well: one that matches another as a text matches all that the other does.
    entries.filter((entry) => patterns.some((pattern) => matchesWildcard(pattern, entry)));
  const both = [...within(profile.allowedModels, models), ...within(models, profile.allowedModels)];
  return { ...profile, allowedModels: [...new Set(both)] };
}
