import { toBoundsTable } from "../report/bound.ts";
import { toFigure, toMarkdownTable } from "../report/markdown-table.ts";
import { builtInTable, findPrice, formerTable, modelIds } from "./model-prices.ts";
import { toRoutingBounds, type RoutingFigures } from "./routing-figures.ts";
import { routingMix, tierShares } from "./routing-mix.ts";
import { toBilledTokens, type Saving } from "./work-out-saving.ts";

/** The whole report in Markdown. `date`: as `2026-11-20`. */
export function toRoutingReport(figures: RoutingFigures, date: string): string {
  return [
    "# Routing: what `auto` saves against always-sonnet",
    "",
    `Made by \`npm run bench -- routing\`, ${date}. No model is called and nothing is timed: the built-in rules choose, ` +
      "the price table says what it costs, and any machine comes to the same figures.",
    "",
    "## Bounds",
    "",
    toBoundsTable(toRoutingBounds(figures)),
    "",
    ...toFindings(figures),
    ...toMixSection(figures),
    ...toDependenceSection(figures),
    ...toAssumptionSection(),
    ...toDecisionSection(figures),
  ].join("\n");
}

function toFindings({ described, byTier, ceiling }: RoutingFigures): string[] {
  const simple = byTier.find(({ tier }) => tier === "simple")?.saving;
  const billOfSimple =
    simple === undefined ? Number.NaN : (tierShares.simple * simple.sonnetMicros) / described.sonnetMicros;
  const opus = described.models.find(({ model }) => model === "opus");
  const haiku = findPrice(builtInTable, "haiku").output / findPrice(builtInTable, "sonnet").output;
  return [
    `Simple requests are ${toPercent(tierShares.simple)} of this mix, but short: with sonnet they are ` +
      `${toPercent(billOfSimple)} of the bill. Even a router that sent each of them to haiku and nothing to opus would ` +
      `save ${toPercent(ceiling)}. The rules send ${toPercent(opus?.ofRequests)} of the requests to opus, for its ` +
      "better answers and not to save: long contexts, and designs of large systems. Whoever routes to save gives the key a " +
      "profile without opus; see below.",
    "",
    `At ${toPercent(haiku)} of sonnet's price, a saving of 60 % takes haiku for ${toPercent(0.6 / (1 - haiku))} of the ` +
      "tokens that sonnet would be paid for, and opus for none.",
    "",
  ];
}

function toMixSection({ described, byTier }: RoutingFigures): string[] {
  const row = (name: string, share: number, tasks: number, saving: Omit<Saving, "tasks">): string[] => [
    name,
    toPercent(share),
    String(tasks),
    toPercent((share * saving.sonnetMicros) / described.sonnetMicros),
    ...saving.models.map(({ ofRequests }) => toPercent(ofRequests)),
    toPercent(saving.saving),
  ];
  const rows = byTier.map(({ tier, saving }) =>
    row(tier, tierShares[tier], routingMix.filter((task) => task.tier === tier).length, saving),
  );
  const columns = [
    "Requests",
    ">Share",
    ">Prompts",
    ">Share of sonnet's bill",
    ...described.models.map(({ model }) => `>To ${model}`),
    ">Saving",
  ];
  const costs = described.models.map(({ model, ofCost }) => `${model} ${toPercent(ofCost)}`).join(", ");
  return [
    "## The described mix",
    "",
    `${routingMix.length} prompts in ${new Set(routingMix.map(({ language }) => language)).size} languages; ` +
      "`bench/routing/routing-mix.ts` holds them whole, and what was chosen for each stands at the end.",
    "",
    toMarkdownTable(columns, [...rows, row("all", 1, routingMix.length, described)]),
    "",
    `The average request costs ${toMicros(described.autoMicros)} with \`auto\` (${costs}) and ` +
      `${toMicros(described.sonnetMicros)} with sonnet.`,
    "",
  ];
}

function toDependenceSection({ described, others }: RoutingFigures): string[] {
  const rows = [{ name: "The described mix", saving: described }, ...others].map(({ name, saving }) => [
    name,
    ...saving.models.map(({ ofRequests }) => toPercent(ofRequests)),
    toPercent(saving.saving),
  ]);
  const columns = ["Mix", ...described.models.map(({ model }) => `>To ${model}`), ">Saving"];
  return ["## What it depends on", "", toMarkdownTable(columns, rows), ""];
}

function toAssumptionSection(): string[] {
  const prices = [...modelIds].map(([name, id]) => [
    name,
    id,
    ...[builtInTable, formerTable].map((table) => {
      const { input, output } = findPrice(table, name);
      return `${toFigure(input / 1_000_000)} / ${toFigure(output / 1_000_000)}`;
    }),
  ]);
  return [
    "## What it rests on",
    "",
    "- Shares: the former service names no mix for its claim. Published guides to routing put 40 to 50 % of requests down " +
      "as simple, 30 to 40 % as medium and 10 to 20 % as complex; taken are the middles, with what they leave over given " +
      "to the simple ones. The ranges come from sellers of routers, without their data.",
    "- Prompts: ten are examples of the former service's pages, the others are of the uses that those pages name: chat, " +
      "documents, code. All were written before anything was routed, and none was changed after.",
    "- Languages: English about half, Chinese and Russian an eighth each, the rest spread over six others, as in WildChat, a " +
      "public collection of a million conversations. For Russian the rules know no words, as will be true of most languages.",
    "- Tokens: the prompt by its bytes; contexts and answers are assumed, and are the same for each model, though a " +
      "model that thinks longer writes more.",
    "- Cost: all input as new. With a prompt cache, contexts cost less with any model, and a conversation that changes its " +
      "model pays for its context anew, which is in favour of always-sonnet.",
    "- Budgets far from their end: near it `auto` steps down to cheaper models, whatever is asked.",
    "- Nothing is said of how good the answers are.",
    "",
    "Dollars per million tokens, input / output:",
    "",
    toMarkdownTable(["Model", "Id", ">Gantry's table", ">Former service"], prices),
    "",
  ];
}

function toDecisionSection({ described }: RoutingFigures): string[] {
  const rows = described.tasks.map(({ task, model, rule }) => {
    const { input, output } = toBilledTokens(task);
    return [task.tier, toBeginning(task.prompt), String(input), String(output), model, rule];
  });
  const columns = ["Tier", "Prompt", ">Input tokens", ">Output tokens", "Model", "Rule"];
  return [`## What was chosen`, "", toMarkdownTable(columns, rows), ""];
}

function toBeginning(prompt: string): string {
  const line = prompt.replaceAll(/\s+/g, " ").replaceAll("`", "'");
  return line.length > 60 ? `${line.slice(0, 60).trimEnd()} …` : line;
}

function toPercent(share: number | undefined): string {
  return `${toFigure((share ?? Number.NaN) * 100)} %`;
}

function toMicros(micros: number): string {
  return `${(micros / 1_000_000).toFixed(4)} dollars`;
}
