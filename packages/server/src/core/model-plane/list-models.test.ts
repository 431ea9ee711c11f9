import assert from "node:assert/strict";
import { test } from "node:test";
import { profileInput } from "@gantry/contracts/access";
import { listModels } from "./list-models.ts";

const haiku = { id: "claude-haiku-5-5", aliases: ["haiku"], displayName: "Haiku 5.5" };
const routes = [
  { model: "haiku", to: ["local/qwen3:8b"] },
  { model: "our-model", to: ["azure/our-deployment", "anthropic/claude-haiku-5-5"] },
  { model: "gpt-*", to: ["openai"] },
];
const list = (allowedModels: readonly string[], aliases: Record<string, string> = {}) => {
  const profile = { ...profileInput.parse({ name: "p", allowedModels }), version: 1, createdAt: 0 };
  return listModels([haiku], routes, { profile, aliases });
};
const named = (id: string, ownedBy: string) => ({ id, aliases: [], displayName: id, ownedBy });

test("the list holds the agent's models and those that routes name in full, each once", () => {
  assert.deepEqual(list(["*"]), [haiku, named("our-model", "azure")]);
});

test("a project's own names stand for what is served, by a pattern too, and for nothing else", () => {
  const aliases = { fast: "haiku", big: "gpt-5", lost: "nobody-has-it", haiku: "gpt-5" };
  assert.deepEqual(list(["*"], aliases).slice(2), [
    { id: "fast", aliases: [], displayName: "fast" },
    named("big", "openai"),
  ]);
});

test("a key sees what it may use", () => {
  assert.deepEqual(list(["our-*"], { fast: "haiku", ours: "our-model" }), [
    named("our-model", "azure"),
    named("ours", "azure"),
  ]);
  assert.deepEqual(list(["gpt-5"], { big: "gpt-5", bigger: "gpt-6" }), [named("big", "openai")]);
});
