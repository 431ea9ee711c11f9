import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { AgentModel } from "../ports/driver.ts";

/** The model of this id or alias; undefined where there is none. */
export function findModel(name: string, models: readonly AgentModel[]): AgentModel | undefined {
  return models.find((model) => model.id === name) ?? models.find((model) => model.aliases.includes(name));
}

/**
 * Finds the model a client names, by id or by alias. The decision is ours, from the agent program's own list: the
 * program itself would take any name and fail later.
 */
export function resolveModel(name: string, models: readonly AgentModel[]): AgentModel | Failure {
  const found = findModel(name, models);
  if (found !== undefined) return found;
  const known = models.flatMap((model) => [...model.aliases.slice(0, 1), model.id]).join(", ");
  const shown = name.length > 80 ? `${name.slice(0, 80)}…` : name;
  return toFailure("model_not_found", `The model ${JSON.stringify(shown)} does not exist here. Known are: ${known}.`, {
    param: "model",
  });
}
