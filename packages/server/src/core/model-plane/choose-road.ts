import type { ModelRoutes } from "@gantry/contracts/upstreams";
import { matchesWildcard } from "../access/match-wildcard.ts";
import type { AgentModel } from "../ports/driver.ts";
import { resolveModel } from "../routing/resolve-model.ts";

/** How a chat completion is served: by the upstream itself, or by an agent program. */
export type Road = "direct" | "agent";

export interface RoadQuestion {
  /** The model's name, with the project's alias resolved. */
  readonly model: string;
  /** What the request itself asks for, by `gantry.driver`. */
  readonly wish: string | undefined;
  readonly routes: ModelRoutes;
  /** What the agent program can serve. */
  readonly agentModels: readonly AgentModel[];
  /** Whether any upstream serves the model. */
  readonly isServed: boolean;
}

/** The request's own wish goes first, then the route of the model; else the agent serves what it knows, as it always did. */
export function chooseRoad({ model, wish, routes, agentModels, isServed }: RoadQuestion): Road {
  if (wish !== undefined) return wish === "direct" ? "direct" : "agent";
  const known = resolveModel(model, agentModels);
  const isKnown = !("code" in known);
  // By any of its names, as the route that serves it is found.
  const names = isKnown ? [model, known.id] : [model];
  const route = routes.find((candidate) => names.some((name) => matchesWildcard(candidate.model, name)));
  if (route?.driver !== undefined) return route.driver === "direct" ? "direct" : "agent";
  // A route says where a model is; that no agent knows it says that only the upstream can serve it.
  return !isKnown && isServed && route !== undefined ? "direct" : "agent";
}
