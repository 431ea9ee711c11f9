import { test } from "node:test";
import assert from "node:assert/strict";
import { routingExtension, routingRules } from "@gantry/contracts/routing";
import { recommendModel } from "./recommend-model.ts";
import { defaultRoutingRules, extendRoutingRules } from "./routing-rules.ts";

const ask = (prompt: string, rules = defaultRoutingRules) =>
  recommendModel({ prompt, contextSize: 0, allowedModels: ["*"] }, rules);

test("the built-in rules are what the contract takes", () => {
  assert.deepEqual(routingRules.parse(defaultRoutingRules), defaultRoutingRules);
  assert.deepEqual(extendRoutingRules({}), defaultRoutingRules);
});

test("keywords are written as prompts are read: lower case, without accents, each once", () => {
  for (const words of Object.values(defaultRoutingRules.keywords)) {
    assert.equal(new Set(words).size, words.length);
    for (const word of words)
      assert.match(word, /^[a-z0-9 ]+\*?$|^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]+$/u);
  }
});

test("a config file adds words to a set and sets of its own", () => {
  const extension = routingExtension.parse({
    keywords: { simple: ["pokaż"], legal: ["contract*"] },
    rules: [{ name: "legal", when: { keywords: ["legal"] }, model: "opus", reason: "It is about the law." }],
  });
  const rules = extendRoutingRules(extension);
  assert.equal(ask("Pokaż pliki", rules)?.model, "haiku");
  assert.equal(ask("List the contracts", rules)?.rule, "legal");
  assert.equal(ask("List the files", rules)?.model, "haiku");
  assert.equal(ask("Pokaż pliki")?.model, "sonnet");
});

test("a config file may have other models, with all that names them", () => {
  const rules = extendRoutingRules({ models: ["haiku", "sonnet", "opus", "fable"], fallback: "fable", ceilings: [] });
  assert.equal(ask("Write a poem", rules)?.model, "fable");
});

test("rules that do not fit together are refused with the place", () => {
  const reason = "r";
  const wrong: readonly [Parameters<typeof extendRoutingRules>[0], RegExp][] = [
    [{ fallback: "gpt" }, /gpt is not among/],
    [{ models: ["haiku"] }, /sonnet is not among/],
    [{ rules: [{ name: "n", when: { keywords: ["none"] }, model: "opus", reason }] }, /no set of keywords/],
    [{ rules: [{ name: "n", when: { keywords: ["toString"] }, model: "opus", reason }] }, /no set of keywords/],
    [{ rules: [{ name: "n", when: {}, model: "none", reason }] }, /"rules"/],
    [{ ceilings: [{ model: "none", tokensBelow: 1, reason }] }, /"ceilings"/],
  ];
  for (const [extension, message] of wrong) assert.throws(() => extendRoutingRules(extension), message);
  assert.ok(!routingExtension.safeParse({ rule: [] }).success);
  assert.ok(
    !routingExtension.safeParse({ rules: [{ name: "n", when: { contextOver: 1 }, model: "opus", reason }] }).success,
  );
});
