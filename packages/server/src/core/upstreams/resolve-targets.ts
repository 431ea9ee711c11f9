import type { ModelRoutes } from "@gantry/contracts/upstreams";
import { matchesWildcard } from "../access/match-wildcard.ts";
import type { Upstream } from "../ports/upstream-client.ts";
import { dialectOf, type Target } from "./target.ts";

/** What the configuration says of where models are served. */
export interface ModelMap {
  readonly upstreams: readonly Upstream[];
  readonly routes: ModelRoutes;
  /** Name of the upstream that serves what no route is for, where there is one of that name. */
  readonly fallback: string | undefined;
}

/**
 * Where a model is served, in the order in which it is tried: by the first route that matches any of its names, else by the
 * fallback; none where no upstream serves it. `names` ends with its full name, which is what upstreams are told where a
 * route names no model.
 */
export function resolveTargets({ names, ...map }: ModelMap & { readonly names: readonly string[] }): readonly Target[] {
  const fullName = names.at(-1) ?? "";
  const route = map.routes.find(({ model }) => names.some((name) => matchesWildcard(model, name)));
  const written = route?.to ?? (map.fallback === undefined ? [] : [map.fallback]);
  return written.flatMap((text) => {
    const { upstream: name, model = fullName } = splitTarget(text);
    const upstream = findUpstream(map, name);
    return upstream === undefined ? [] : [{ upstream, dialect: dialectOf(upstream.entry), model }];
  });
}

/** The first route that leads nowhere, as a sentence for the operator. To be asked at the start: calls pass such targets over. */
export function findRouteProblem(map: Pick<ModelMap, "upstreams" | "routes">): string | undefined {
  for (const [index, { to }] of map.routes.entries()) {
    const lost = to.find((text) => findUpstream(map, splitTarget(text).upstream) === undefined);
    if (lost === undefined) continue;
    const known = map.upstreams.map(({ name }) => name).join(", ") || "none";
    return `models.${index}.to: ${lost}: there is no such upstream; known are: ${known}`;
  }
  return undefined;
}

function findUpstream({ upstreams }: Pick<ModelMap, "upstreams">, wanted: string): Upstream | undefined {
  return upstreams.find(({ name }) => name === wanted);
}

/** Names of models have slashes of their own: the first one alone parts. */
function splitTarget(text: string): { readonly upstream: string; readonly model?: string } {
  const slash = text.indexOf("/");
  return slash === -1 ? { upstream: text } : { upstream: text.slice(0, slash), model: text.slice(slash + 1) };
}
