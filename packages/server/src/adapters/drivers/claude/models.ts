import type { AgentModel } from "../../../core/ports/driver.ts";
import type { CliModelEntry } from "./cli-line.ts";

/** A model with the value that the CLI's `set_model` takes for it without asking its upstream first. */
export interface ClaudeModel extends AgentModel {
  readonly value: string;
}

// A context-size suffix such as `[1m]` belongs to the CLI's names, not to the model's id.
const withoutSuffix = (name: string): string => name.replace(/\[[^\]]*\]$/, "");

/**
 * Turns the CLI's own list into one entry a model id. The CLI lists `default` beside the model it stands for and, in
 * some releases, a model twice with different context sizes: the first entry with an alias of its own is kept.
 */
export function toClaudeModels(entries: readonly CliModelEntry[]): ClaudeModel[] {
  const models = new Map<string, ClaudeModel>();
  for (const { value, resolvedModel, displayName } of entries) {
    if (value === "default" || resolvedModel === undefined) continue;
    const id = withoutSuffix(resolvedModel);
    const names = [value, withoutSuffix(value), resolvedModel, id.replace(/-\d{8}$/, "")].filter((name) => name !== id);
    const known = models.get(id);
    models.set(id, {
      id,
      value: known?.value ?? value,
      aliases: [...new Set([...(known?.aliases ?? []), ...names])],
      displayName: known?.displayName ?? displayName ?? id,
    });
  }
  return [...models.values()];
}
