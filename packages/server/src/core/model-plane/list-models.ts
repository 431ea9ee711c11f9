import type { ModelRoutes } from "@gantry/contracts/upstreams";
import { matchesWildcard } from "../access/match-wildcard.ts";
import type { Principal } from "../access/principal.ts";
import { mayUse } from "../completions/choose-model.ts";
import type { AgentModel } from "../ports/driver.ts";
import type { ListedModel } from "../ports/wire-format.ts";
import { findModel } from "../routing/resolve-model.ts";

/**
 * The names that a key may ask for: the agent program's models, those that routes name in full, and the project's own
 * names for what is served. A route for a pattern stands for names without end, and for none here.
 */
export function listModels(
  agentModels: readonly AgentModel[],
  routes: ModelRoutes,
  principal: Pick<Principal, "profile" | "aliases">,
): readonly ListedModel[] {
  const routed = routes.flatMap(({ model }) => (model.includes("*") ? [] : (toRouted(model, routes) ?? [])));
  const served = [...agentModels, ...routed.filter(({ id }) => findModel(id, agentModels) === undefined)];
  const own = Object.entries(principal.aliases)
    .filter(([alias]) => findModel(alias, served) === undefined)
    .flatMap(([alias, name]) => {
      const model = findModel(name, served) ?? toRouted(name, routes);
      // Whether a key may use it is asked of the model that is meant.
      return model !== undefined && mayUse(principal, model) ? [{ ...model, ...toModel(alias) }] : [];
    });
  return [...served.filter((model) => mayUse(principal, model)), ...own];
}

function toRouted(name: string, routes: ModelRoutes): ListedModel | undefined {
  const target = routes.find(({ model }) => matchesWildcard(model, name))?.to[0];
  return target === undefined ? undefined : { ...toModel(name), ownedBy: target.replace(/\/.*$/s, "") };
}

function toModel(name: string): AgentModel {
  return { id: name, aliases: [], displayName: name };
}
