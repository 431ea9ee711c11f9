import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Bound } from "../../bench/report/bound.ts";
import { builtInTable, findPrice } from "../../bench/routing/model-prices.ts";
import { toRoutingBounds, workOutFigures } from "../../bench/routing/routing-figures.ts";
import { routingMix, tierShares, tiers, type RoutingTask } from "../../bench/routing/routing-mix.ts";
import { workOutSaving } from "../../bench/routing/work-out-saving.ts";
import { createPriceTable } from "../../packages/server/src/core/budgets/price-table.ts";
import { temporaryFolderFor } from "../processes/hosting.ts";
import { runBench } from "./run-program.ts";

/** A million times what a token costs is what a million of them cost: haiku 1, sonnet 10, opus 20 micro-dollars a token. */
const roundPrices = createPriceTable(
  [
    ["haiku", 1],
    ["sonnet", 10],
    ["opus", 20],
  ].map(([name, rate]) => ({
    model: `claude-${name}-5-5`,
    input: Number(rate) * 1_000_000,
    output: Number(rate) * 1_000_000,
  })),
);

const cheap: RoutingTask = { tier: "simple", language: "English", prompt: "Why?", tokens: { answer: 99 } };
const dear: RoutingTask = {
  tier: "complex",
  language: "English",
  prompt: "Go on",
  tokens: { context: 10_001, pasted: 1, answer: 996 },
};

test("a saving is worked out from what each request costs with the model it goes to", () => {
  const shares = { simple: 0.6, medium: 0.3, complex: 0.2 };
  const mix = workOutSaving({ tasks: [cheap, dear], shares, prices: roundPrices, allowedModels: ["*"] });
  // 100 tokens to haiku and 11,000 to opus; without the tier that has no task, three requests to one.
  assert.deepEqual(
    mix.tasks.map(({ model, rule, autoMicros, sonnetMicros }) => [model, rule, autoMicros, sonnetMicros]),
    [
      ["haiku", "short-question", 100, 1_000],
      ["opus", "large-context", 220_000, 110_000],
    ],
  );
  assertNear(mix.autoMicros, 0.75 * 100 + 0.25 * 220_000);
  assertNear(mix.sonnetMicros, 0.75 * 1_000 + 0.25 * 110_000);
  assertNear(mix.saving, 1 - 55_075 / 28_250);
  assert.deepEqual(
    mix.models.map(({ model }) => model),
    ["haiku", "sonnet", "opus"],
  );
  assertNear(mix.models[0]?.ofRequests, 0.75);
  assertNear(mix.models[0]?.ofCost, 75 / 55_075);
  assertNear(mix.models[2]?.ofRequests, 0.25);
});

test("what everybody is billed by, and what the key may use, change the cost and the choice", () => {
  const question = { tasks: [cheap, dear], shares: tierShares, prices: roundPrices, allowedModels: ["*"] };
  const same = workOutSaving({ ...question, sameTokens: { input: 60, output: 40 } });
  assert.deepEqual(
    same.tasks.map(({ model, autoMicros }) => [model, autoMicros]),
    [
      ["haiku", 100],
      ["opus", 2_000],
    ],
  );
  const sonnetAlone = workOutSaving({ ...question, allowedModels: ["sonnet"] });
  assert.equal(sonnetAlone.saving, 0);
  assert.throws(() => workOutSaving({ ...question, allowedModels: [] }), /none of these models/);
  assert.throws(() => findPrice(builtInTable, "claude-nobody-knows"), /no price/);
});

test("the mix is what its report says", () => {
  assertNear(
    tiers.reduce((sum, tier) => sum + tierShares[tier], 0),
    1,
  );
  assert.ok(routingMix.length >= 36);
  assert.equal(new Set(routingMix.map(({ prompt }) => prompt)).size, routingMix.length);
  for (const tier of tiers) assert.ok(routingMix.some((task) => task.tier === tier));
  for (const { prompt, tokens } of routingMix) {
    assert.equal(prompt.includes("\n…") || prompt.endsWith("…"), tokens.pasted !== undefined, prompt);
    assert.ok(tokens.answer > 0, prompt);
  }
  const english = routingMix.filter(({ language }) => language === "English").length / routingMix.length;
  assert.ok(english > 0.45 && english < 0.6, String(english));
});

test("the shares of models and of tiers make up the whole, in every mix", () => {
  const figures = workOutFigures();
  for (const saving of [figures.described, ...figures.others.map((other) => other.saving)]) {
    for (const share of ["ofRequests", "ofCost"] as const) {
      assertNear(
        saving.models.reduce((sum, model) => sum + model[share], 0),
        1,
      );
    }
  }
  const { described, byTier, ceiling } = figures;
  assertNear(
    byTier.reduce((sum, { tier, saving }) => sum + tierShares[tier] * saving.autoMicros, 0),
    described.autoMicros,
  );
  assert.ok(ceiling >= described.saving);
});

test("the program reports the claim as met or missed, and every choice", async (t) => {
  const folder = temporaryFolderFor(t);
  const [report, json] = [join(folder, "routing.md"), join(folder, "routing.json")];
  const { code, stdout, stderr } = await runBench("main.ts", ["routing", "--report", report, "--json", json]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `${await readFile(report, "utf8")}\n`);
  // The program's own output.
  const { bounds } = JSON.parse(await readFile(json, "utf8")) as { bounds: readonly Bound[] };
  assert.deepEqual(bounds, toRoutingBounds(workOutFigures()));
  assert.match(stdout, /\| >= 60 % \| -?[\d.]+ % \| (met|\*\*missed\*\*) \|/);
  assert.equal(
    stdout.match(/^\| (simple|medium|complex) \| .* \| (haiku|sonnet|opus) \| /gm)?.length,
    routingMix.length,
  );
});

function assertNear(actual: number | undefined, expected: number): void {
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < 1e-6, `${actual} is not ${expected}`);
}
