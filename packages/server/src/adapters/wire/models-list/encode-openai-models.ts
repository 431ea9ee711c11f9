import type { ListedModel } from "../../../core/ports/wire-format.ts";

export interface OpenAiModel {
  readonly id: string;
  readonly object: "model";
  /** Epoch seconds. */
  readonly created: number;
  readonly owned_by: string;
}

export interface OpenAiModelList {
  readonly object: "list";
  readonly data: readonly OpenAiModel[];
}

/**
 * Encodes `GET /v1/models` in OpenAI's shape. Every name that can be asked for is an entry of its own, aliases first, since
 * clients fill their menus from it; a name that two models claim stands once, for the first.
 * The agent program does not tell when a model was made, so `created` (epoch seconds) is the caller's.
 */
export function encodeOpenAiModelList(models: readonly ListedModel[], created: number): OpenAiModelList {
  const names = new Set([...models.flatMap((model) => model.aliases), ...models.map((model) => model.id)]);
  return { object: "list", data: [...names].flatMap((name) => encodeOpenAiModel(models, name, created) ?? []) };
}

/** Encodes `GET /v1/models/{name}`: undefined where no model has that id or alias. */
export function encodeOpenAiModel(
  models: readonly ListedModel[],
  name: string,
  created: number,
): OpenAiModel | undefined {
  const known = models.find((model) => model.id === name || model.aliases.includes(name));
  return known && { id: name, object: "model", created, owned_by: known.ownedBy ?? "anthropic" };
}
