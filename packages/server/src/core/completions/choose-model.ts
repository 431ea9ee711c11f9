import type { BudgetState } from "@gantry/contracts/budgets";
import type { Completion } from "@gantry/contracts/completion";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { RoutingRules } from "@gantry/contracts/routing";
import { decide } from "../access/decide.ts";
import type { Principal } from "../access/principal.ts";
import type { AgentModel } from "../ports/driver.ts";
import { isBackgroundPrompt } from "../routing/background-prompts.ts";
import { recommendModel, type Recommendation } from "../routing/recommend-model.ts";
import { resolveAlias } from "../routing/resolve-alias.ts";
import { resolveModel } from "../routing/resolve-model.ts";

/** What an automatic choice of a model rests on. */
export interface RoutingQuery {
  readonly prompt: string;
  /** Tokens of context besides the prompt. */
  readonly contextSize: number;
}

export interface ModelChooser {
  /** The model of a completion: named, by a project's alias, or `auto`. */
  choose(completion: Completion, principal: Principal, models: readonly AgentModel[]): Promise<AgentModel | Failure>;
  /** What `auto` would take; `forbidden` where the key may use none of the models of the rules. */
  recommend(
    query: RoutingQuery,
    principal: Principal,
    models: readonly AgentModel[],
  ): Promise<Recommendation | Failure>;
}

/** The name by which a client leaves the choice to the rules. */
export const automatic = "auto";

export function createModelChooser(
  rules: RoutingRules,
  /** The budgets of a key and of its project, as they stand. */
  budgetsOf: (principal: Principal) => Promise<readonly BudgetState[]>,
): ModelChooser {
  async function recommend(query: RoutingQuery, principal: Principal, models: readonly AgentModel[]) {
    const budgets = (await budgetsOf(principal)).filter(({ shadow }) => !shadow);
    const allowedModels = rules.models.filter((name) => {
      const model = resolveModel(name, models);
      return !("code" in model) && mayUse(principal, model);
    });
    const question = { ...query, ...remainingOf(budgets), allowedModels };
    return (
      recommendModel(question, rules) ??
      toFailure("forbidden", "This key may use none of the models that `auto` chooses from.")
    );
  }

  return {
    recommend,
    async choose(completion, principal, models) {
      const cheap = findCheap(completion, principal, models, rules.background);
      if (cheap !== undefined) return cheap;
      const name = resolveAlias(completion.model, principal.aliases);
      if (name !== automatic) return toAllowed(resolveModel(name, models), principal);
      const recommended = await recommend(toQuery(completion), principal, models);
      return "code" in recommended ? recommended : resolveModel(recommended.model, models);
    },
  };
}

/** What a front end asks behind its user's back needs no dear model; undefined where it is none of that, or the key may not use the cheap one. */
function findCheap(
  completion: Completion,
  principal: Principal,
  models: readonly AgentModel[],
  background: RoutingRules["background"],
): AgentModel | undefined {
  if (!isBackgroundPrompt(toQuery(completion).prompt, background)) return undefined;
  const model = resolveModel(background.model, models);
  return "code" in model || !mayUse(principal, model) ? undefined : model;
}

export function mayUse(principal: Pick<Principal, "profile">, model: AgentModel): boolean {
  return decide(principal.profile, { kind: "model", names: [model.id, ...model.aliases] }).action === "allow";
}

function toAllowed(model: AgentModel | Failure, principal: Principal): AgentModel | Failure {
  if ("code" in model || mayUse(principal, model)) return model;
  const names = principal.profile.allowedModels.join(", ") || "none";
  return toFailure("forbidden", `The profile of this key allows these models: ${names}.`, { param: "model" });
}

function toQuery({ system, messages }: Completion): RoutingQuery {
  const textOf = (content: Completion["messages"][number]["content"]): string =>
    content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
  const prompt = textOf(messages.at(-1)?.content ?? []);
  const before = messages.slice(0, -1).reduce((sum, { content }) => sum + textOf(content).length, system.length);
  return { prompt, contextSize: Math.ceil(before / 4) };
}

function remainingOf(budgets: readonly BudgetState[]): { remainingTokens?: number; remainingMicros?: number } {
  const least = (unit: BudgetState["unit"]): number | undefined => {
    const rooms = budgets.filter((budget) => budget.unit === unit).map(roomOf);
    return rooms.length === 0 ? undefined : Math.min(...rooms);
  };
  const [tokens, micros] = [least("tokens"), least("micros")];
  return {
    ...(tokens === undefined ? {} : { remainingTokens: tokens }),
    ...(micros === undefined ? {} : { remainingMicros: micros }),
  };
}

function roomOf({ effectiveLimit, spent, reserved }: BudgetState): number {
  return Math.max(0, effectiveLimit - spent - reserved);
}
