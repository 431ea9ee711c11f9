import type { AgentModel } from "../../../core/ports/driver.ts";

export interface AnthropicModel {
  readonly type: "model";
  readonly id: string;
  readonly display_name: string;
  /** RFC 3339. */
  readonly created_at: string;
}

export interface AnthropicModelList {
  readonly data: readonly AnthropicModel[];
  readonly has_more: false;
  readonly first_id: string | null;
  readonly last_id: string | null;
}

/**
 * Encodes `GET /v1/models` in Anthropic's shape, all on one page. As at the vendor, the list holds full ids alone.
 * The agent program does not tell when a model was made, so `created` (epoch seconds) is the caller's.
 */
export function encodeAnthropicModelList(models: readonly AgentModel[], created: number): AnthropicModelList {
  const unique = models.filter((model, index) => models.findIndex(({ id }) => id === model.id) === index);
  const data = unique.map((model) => toEntry(model, created));
  return { data, has_more: false, first_id: data.at(0)?.id ?? null, last_id: data.at(-1)?.id ?? null };
}

/** Encodes `GET /v1/models/{name}`. An alias is resolved to its full id, as at the vendor; undefined where none fits. */
export function encodeAnthropicModel(
  models: readonly AgentModel[],
  name: string,
  created: number,
): AnthropicModel | undefined {
  const model = models.find(({ id }) => id === name) ?? models.find(({ aliases }) => aliases.includes(name));
  return model === undefined ? undefined : toEntry(model, created);
}

function toEntry(model: AgentModel, created: number): AnthropicModel {
  return {
    type: "model",
    id: model.id,
    display_name: model.displayName,
    created_at: new Date(created * 1000).toISOString().replace(".000Z", "Z"),
  };
}
