import type { ModelRoutes } from "@gantry/contracts/upstreams";
import { matchesWildcard } from "../access/match-wildcard.ts";
import type { Upstream } from "../ports/upstream-client.ts";
import { dialectOf, type Target } from "./target.ts";

/** What the configuration says of where models are served. */
export interface ModelMap {
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly routes: ModelRoutes;
  /** Serves what no route is for. */
  readonly defaultUpstream: string | undefined;
}

export interface ModelRoute {
  /** In the order in which they are tried; none where no upstream serves the model. */
  readonly targets: readonly Target[];
  readonly driver: ModelRoutes[number]["driver"];
}

/**
 * Finds where a model is served: by the first route that matches any of its names, else by the default upstream. `names` ends with
 * its full name, which is what upstreams are told where the route names no model. The map has to be free of problems.
 */
export function resolveTargets(names: readonly string[], map: ModelMap): ModelRoute {
  const fullName = names.at(-1) ?? "";
  const route = map.routes.find(({ model }) => names.some((name) => matchesWildcard(model, name)));
  const written = route?.to ?? (map.defaultUpstream === undefined ? [] : [map.defaultUpstream]);
  return { targets: written.map((text) => toTarget(text, fullName, map)), driver: route?.driver };
}

/** What does not fit together in a configuration, as a sentence for the operator. */
export function findMapProblem({ upstreams, routes, defaultUpstream }: ModelMap): string | undefined {
  const known = `known are: ${[...upstreams.keys()].join(", ") || "none"}`;
  for (const [index, { to }] of routes.entries()) {
    const lost = to.find((text) => !upstreams.has(splitTarget(text).upstream));
    if (lost !== undefined) return `models.${index}.to: ${lost}: there is no such upstream; ${known}`;
  }
  if (defaultUpstream === undefined || upstreams.has(defaultUpstream)) return undefined;
  return `the default upstream ${defaultUpstream} does not exist; ${known}`;
}

function toTarget(text: string, fullName: string, { upstreams }: ModelMap): Target {
  const { upstream: name, model = fullName } = splitTarget(text);
  const upstream = upstreams.get(name);
  if (upstream === undefined) throw new Error(`a route leads to ${name}, which is no upstream`);
  return { upstream, dialect: dialectOf(upstream.entry), model };
}

/** Names of models have slashes of their own: the first one alone parts. */
function splitTarget(text: string): { readonly upstream: string; readonly model?: string } {
  const slash = text.indexOf("/");
  return slash === -1 ? { upstream: text } : { upstream: text.slice(0, slash), model: text.slice(slash + 1) };
}
