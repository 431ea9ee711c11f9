import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { recommendModel, type RoutingQuestion } from "./recommend-model.ts";
import { defaultRoutingRules } from "./routing-rules.ts";

function ask(prompt: string, more: Partial<RoutingQuestion> = {}) {
  return recommendModel({ prompt, contextSize: 0, allowedModels: ["*"], ...more }, defaultRoutingRules);
}

const examples: readonly [model: string, prompt: string, more?: Partial<RoutingQuestion>][] = [
  // What the former service's pages say.
  ["haiku", "What is 2+2?"],
  ["sonnet", "Analyze this algorithm..."],
  ["opus", "Design a distributed system..."],
  ["haiku", "Any task", { remainingTokens: 999 }],
  ["sonnet", "Complex analysis task", { contextSize: 5000 }],
  ["haiku", "Simple data extraction", { contextSize: 500 }],
  ["opus", "Any task", { contextSize: 10_001 }],
  ["sonnet", "Any task", { contextSize: 10_000 }],
  ["haiku", "List the files"],
  ["haiku", "Count the words in this sentence"],
  ["haiku", "Format this as JSON: a=1"],
  ["haiku", "show me the time"],
  ["sonnet", "List all Python files and analyze complexity"],
  ["sonnet", "Analyze this code for bugs:\nx = 1"],
  ["sonnet", "Debug why the server hangs"],
  ["sonnet", "Refactor this function"],
  ["sonnet", "Design a logo"],
  ["sonnet", "Write a poem"],
  // Words within words are no keywords.
  ["sonnet", "Tell me about the country of my account's address together with the latest blacklist"],
  // Shape alone.
  ["sonnet", "Show this:\n```\nx = 1\n```"],
  ["sonnet", "Who? What? Where?"],
  ["sonnet", `List ${"all of the many things that there are ".repeat(3)}`],
  ["sonnet", ""],

  ["haiku", "Lista los archivos del proyecto"],
  ["haiku", "¿Cuánto es 2+2?"],
  ["sonnet", "Analiza este algoritmo"],
  ["opus", "Diseña un sistema distribuido"],
  ["haiku", "Liste les fichiers du projet"],
  ["haiku", "Combien font 2 et 2 ?"],
  ["sonnet", "Analyse cet algorithme"],
  ["opus", "Concevez un système distribué"],
  ["haiku", "Zähle die Wörter in diesem Satz"],
  ["haiku", "Was ist 2+2?"],
  ["sonnet", "Analysiere diesen Algorithmus"],
  ["opus", "Entwirf ein verteiltes System"],
  ["haiku", "Conte as palavras desta frase"],
  ["haiku", "Quanto é 2+2?"],
  ["sonnet", "Analise este algoritmo"],
  ["opus", "Projete um sistema distribuído"],
  ["haiku", "Elenca i file del progetto"],
  ["haiku", "Quanto fa 2+2?"],
  ["sonnet", "Analizza questo algoritmo"],
  ["opus", "Progetta un sistema distribuito"],
  ["haiku", "列出所有文件"],
  ["haiku", "2加2等于几？"],
  ["sonnet", "分析这个算法"],
  ["opus", "设计一个分布式系统"],
  ["haiku", "ファイルの一覧を表示して"],
  ["haiku", "2+2はいくつですか？"],
  ["sonnet", "このアルゴリズムを分析して"],
  ["opus", "分散システムを設計して"],
];

for (const [model, prompt, more] of examples) {
  const shown = prompt.length > 50 ? `${prompt.slice(0, 50)}…` : prompt;
  test(`${JSON.stringify(shown)}${more === undefined ? "" : ` with ${JSON.stringify(more)}`} goes to ${model}`, () => {
    const recommendation = ask(prompt, more);
    assert.equal(recommendation?.model, model);
    assert.ok(recommendation.reasons.length > 0);
  });
}

test("a budget that is nearly used steps down, and says so", () => {
  const steps: readonly [Partial<RoutingQuestion>, string][] = [
    [{}, "opus"],
    [{ remainingTokens: 20_000, remainingMicros: 100_000 }, "opus"],
    [{ remainingTokens: 19_999 }, "sonnet"],
    [{ remainingTokens: 4_999 }, "haiku"],
    [{ remainingMicros: 99_999 }, "sonnet"],
    [{ remainingMicros: 9_999 }, "haiku"],
    [{ remainingTokens: 19_999, remainingMicros: 9_999 }, "haiku"],
    [{ remainingTokens: 0, remainingMicros: -5 }, "haiku"],
  ];
  for (const [left, model] of steps) {
    const recommendation = ask("Design a distributed system", left);
    assert.equal(recommendation?.model, model, JSON.stringify(left));
    assert.equal(recommendation?.rule, "large-design");
    assert.equal(recommendation?.reasons.length, model === "opus" ? 1 : 2);
  }
  assert.equal(ask("List files", { remainingTokens: 10 })?.reasons.length, 1);
});

test("of the allowed models the nearest is taken, the cheaper of two", () => {
  const choices: readonly [prompt: string, allowed: string[], model: string | undefined][] = [
    ["Design a distributed system", ["haiku", "sonnet"], "sonnet"],
    ["Design a distributed system", ["haiku"], "haiku"],
    ["List files", ["opus"], "opus"],
    ["List files", ["opus", "sonnet"], "sonnet"],
    ["Analyze this", ["opus", "haiku"], "haiku"],
    ["Analyze this", ["opus"], "opus"],
    ["Analyze this", [], undefined],
    ["Analyze this", ["gpt-5", "Sonnet"], undefined],
  ];
  for (const [prompt, allowedModels, model] of choices) assert.equal(ask(prompt, { allowedModels })?.model, model);
  assert.deepEqual(ask("List files", { allowedModels: ["opus"] })?.reasons, [
    "A short prompt for a simple task.",
    "haiku is not allowed; opus is the nearest that is.",
  ]);
});

test("whatever is asked, the model is an allowed one of the rules, and there is one where any is allowed", () => {
  const figure = fc.oneof(fc.nat(), fc.double());
  const question = fc.record(
    {
      prompt: fc.string({ unit: "binary" }),
      contextSize: figure,
      allowedModels: fc.subarray(["haiku", "sonnet", "opus", "other"]),
      remainingTokens: figure,
      remainingMicros: figure,
    },
    { requiredKeys: ["prompt", "contextSize", "allowedModels"] },
  );
  fc.assert(
    fc.property(question, (asked) => {
      const model = recommendModel(asked, defaultRoutingRules)?.model;
      const possible = asked.allowedModels.filter((allowed) => defaultRoutingRules.models.includes(allowed));
      assert.equal(model !== undefined, possible.length > 0);
      assert.ok(model === undefined || possible.includes(model));
    }),
  );
});

test("less budget never recommends a dearer model", () => {
  const index = (model: string | undefined): number => defaultRoutingRules.models.indexOf(model ?? "");
  const prompt = fc.constantFrom("List files", "Analyze this", "Design a distributed system", "x");
  fc.assert(
    fc.property(prompt, fc.nat(30_000), fc.nat(30_000), (wish, left, less) => {
      const remainingTokens = Math.max(left, less);
      const poor = index(ask(wish, { remainingTokens: Math.min(left, less) })?.model);
      assert.ok(poor <= index(ask(wish, { remainingTokens })?.model));
    }),
  );
});
