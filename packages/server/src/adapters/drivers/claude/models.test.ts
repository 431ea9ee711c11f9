import assert from "node:assert/strict";
import { test } from "node:test";
import { toClaudeModels } from "./models.ts";

// As the two tested releases report them, without the fields that do not matter.
const newer = [
  { value: "default", resolvedModel: "claude-opus-5-5", displayName: "Default (recommended)" },
  { value: "opus", resolvedModel: "claude-opus-5-5", displayName: "Opus 5.5" },
  { value: "haiku", resolvedModel: "claude-haiku-5-5", displayName: "Haiku 5.5" },
];
const older = [
  { value: "default", resolvedModel: "claude-opus-4-8[1m]", displayName: "Default (recommended)" },
  { value: "opus[1m]", resolvedModel: "claude-opus-4-8[1m]", displayName: "Opus" },
  { value: "sonnet", resolvedModel: "claude-sonnet-5", displayName: "Sonnet" },
  { value: "sonnet[1m]", resolvedModel: "claude-sonnet-5[1m]", displayName: "Sonnet (1M context)" },
  { value: "haiku", resolvedModel: "claude-haiku-4-5-20251001", displayName: "Haiku" },
];

test("each model is listed once, by its id, with the names it answers to", () => {
  assert.deepEqual(toClaudeModels(newer), [
    { id: "claude-opus-5-5", value: "opus", aliases: ["opus"], displayName: "Opus 5.5" },
    { id: "claude-haiku-5-5", value: "haiku", aliases: ["haiku"], displayName: "Haiku 5.5" },
  ]);
});

test("sizes and dates in the CLI's names are other names of one model", () => {
  assert.deepEqual(toClaudeModels(older), [
    {
      id: "claude-opus-4-8",
      value: "opus[1m]",
      aliases: ["opus[1m]", "opus", "claude-opus-4-8[1m]"],
      displayName: "Opus",
    },
    {
      id: "claude-sonnet-5",
      value: "sonnet",
      aliases: ["sonnet", "sonnet[1m]", "claude-sonnet-5[1m]"],
      displayName: "Sonnet",
    },
    {
      id: "claude-haiku-4-5-20251001",
      value: "haiku",
      aliases: ["haiku", "claude-haiku-4-5"],
      displayName: "Haiku",
    },
  ]);
});

test("an entry that does not say which model it stands for is left out", () => {
  assert.deepEqual(toClaudeModels([{ value: "mystery" }, { value: "default", resolvedModel: "m" }]), []);
  assert.deepEqual(toClaudeModels([{ value: "m", resolvedModel: "m" }]), [
    { id: "m", value: "m", aliases: [], displayName: "m" },
  ]);
});
