import type { ModelRoutes } from "@gantry/contracts/upstreams";
import { matchesWildcard } from "../access/match-wildcard.ts";
import type { Principal } from "../access/principal.ts";
import { automatic } from "../completions/choose-model.ts";
import type { AgentModel } from "../ports/driver.ts";
import { resolveModel } from "../routing/resolve-model.ts";

/** How a call of a model is served: by the upstream itself, or by an agent program. */
export type Road = "direct" | "agent";

/** A call whose road is asked for. */
export interface RoadCall {
  readonly body: Uint8Array;
  readonly principal: Principal;
  /** The wish of the header `x-gantry-driver`; that of the body goes before it. */
  readonly wish: string | undefined;
  /** The road of models that both could serve. */
  readonly usual: Road;
}

export interface RoadQuestion {
  /** The model's name, with the project's alias resolved. */
  readonly model: string;
  /** What the request itself asks for. */
  readonly wish: string | undefined;
  /** The road of models that both could serve. */
  readonly usual: Road;
  readonly routes: ModelRoutes;
  /** What the agent program can serve. */
  readonly agentModels: readonly AgentModel[];
  /** Whether any upstream serves the model. */
  readonly isServed: boolean;
}

/**
 * The request's own wish goes first, then the route of the model. Else what only one of the two can serve goes to that one, and what both can goes
 * where the dialect's clients expect it: chats to the agent, as they always did, and Anthropic's calls to the upstream.
 */
export function chooseRoad({ model, wish, usual, routes, agentModels, isServed }: RoadQuestion): Road {
  if (wish !== undefined) return wish === "direct" ? "direct" : "agent";
  const known = resolveModel(model, agentModels);
  const isKnown = !("code" in known);
  // By any of its names, as the route that serves it is found.
  const names = isKnown ? [model, known.id] : [model];
  const route = routes.find((candidate) => names.some((name) => matchesWildcard(candidate.model, name)));
  if (route?.driver !== undefined) return route.driver === "direct" ? "direct" : "agent";
  if (usual === "direct") return (isKnown || model === automatic) && !isServed ? "agent" : "direct";
  // A route says where a model is; that no agent knows it says that only the upstream can serve it.
  return !isKnown && isServed && route !== undefined ? "direct" : "agent";
}
