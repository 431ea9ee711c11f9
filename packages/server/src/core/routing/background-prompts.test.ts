import assert from "node:assert/strict";
import { test } from "node:test";
import { isBackgroundPrompt } from "./background-prompts.ts";
import { defaultRoutingRules, extendRoutingRules } from "./routing-rules.ts";

const title =
  "### Task:\nGenerate a concise, 3-5 word title.\n### Output:\nJSON\n<chat_history>\nhello\n</chat_history>";

test("what front ends ask by themselves is known, and what people write is not", () => {
  const { background } = defaultRoutingRules;
  for (const prompt of [title, "\n provide a concise, 5-word-or-less title for the conversation"]) {
    assert.equal(isBackgroundPrompt(prompt, background), true, prompt);
  }
  for (const prompt of ["### Task:\nWrite a poem.", `Explain this prompt: ${title}`, ""]) {
    assert.equal(isBackgroundPrompt(prompt, background), false, prompt);
  }
});

test("the rule is added to, and switched off, by the configuration", () => {
  const own = extendRoutingRules({ background: { prompts: [{ begins: "Name this" }], model: "sonnet" } }).background;
  assert.deepEqual(
    [own.model, isBackgroundPrompt("name this chat", own), isBackgroundPrompt(title, own)],
    ["sonnet", true, true],
  );
  const off = extendRoutingRules({ background: { enabled: false } }).background;
  assert.equal(isBackgroundPrompt(title, off), false);
  assert.throws(() => extendRoutingRules({ background: { model: "nobody" } }));
});
