import { test } from "node:test";
import assert from "node:assert/strict";
import OpenAI from "openai";
import type { AgentModel } from "../../../core/ports/driver.ts";
import { encodeAnthropicModel, encodeAnthropicModelList } from "./encode-anthropic-models.ts";
import { encodeOpenAiModel, encodeOpenAiModelList } from "./encode-openai-models.ts";

const created = 1_767_225_600;
const sonnet: AgentModel = { id: "claude-sonnet-5-5", aliases: ["sonnet"], displayName: "Sonnet 5.5" };
const opus: AgentModel = { id: "claude-opus-5", aliases: ["opus", "default"], displayName: "Opus 5" };
const models = [sonnet, opus];
const openAiEntry = (id: string) => ({ id, object: "model", created, owned_by: "anthropic" });
const anthropicEntry = (id: string, name: string) => ({
  type: "model",
  id,
  display_name: name,
  created_at: "2026-01-01T00:00:00Z",
});

test("OpenAI's list names aliases and full ids, each once", () => {
  const twice: AgentModel = { id: "claude-opus-5", aliases: ["sonnet"], displayName: "again" };
  assert.deepEqual(encodeOpenAiModelList([...models, twice], created), {
    object: "list",
    data: ["sonnet", "opus", "default", "claude-sonnet-5-5", "claude-opus-5"].map(openAiEntry),
  });
  assert.deepEqual(encodeOpenAiModelList([], created), { object: "list", data: [] });
});

test("OpenAI's single model answers to id and alias", () => {
  assert.deepEqual(encodeOpenAiModel(models, "sonnet", created), openAiEntry("sonnet"));
  assert.deepEqual(encodeOpenAiModel(models, "claude-opus-5", created), openAiEntry("claude-opus-5"));
  for (const unknown of ["", "gpt-4", "Sonnet", "__proto__"]) {
    assert.equal(encodeOpenAiModel(models, unknown, created), undefined);
  }
});

test("Anthropic's list holds full ids on one page", () => {
  assert.deepEqual(encodeAnthropicModelList([...models, sonnet], created), {
    data: [anthropicEntry("claude-sonnet-5-5", "Sonnet 5.5"), anthropicEntry("claude-opus-5", "Opus 5")],
    has_more: false,
    first_id: "claude-sonnet-5-5",
    last_id: "claude-opus-5",
  });
  assert.deepEqual(encodeAnthropicModelList([], created), { data: [], has_more: false, first_id: null, last_id: null });
});

test("Anthropic's single model resolves an alias to its full id", () => {
  assert.deepEqual(encodeAnthropicModel(models, "default", created), anthropicEntry("claude-opus-5", "Opus 5"));
  assert.deepEqual(encodeAnthropicModel(models, "claude-opus-5", created), anthropicEntry("claude-opus-5", "Opus 5"));
  assert.equal(encodeAnthropicModel(models, "gpt-4", created), undefined);
});

test("the official client reads the list and a single model", async () => {
  const answers = [encodeOpenAiModelList(models, created), encodeOpenAiModel(models, "opus", created)];
  const client = new OpenAI({
    apiKey: "none",
    baseURL: "http://127.0.0.1/v1",
    fetch: async () => Response.json(answers.shift()),
  });
  const ids: string[] = [];
  for await (const { id } of client.models.list()) ids.push(id);
  assert.deepEqual(ids, ["sonnet", "opus", "default", "claude-sonnet-5-5", "claude-opus-5"]);
  assert.equal((await client.models.retrieve("opus")).id, "opus");
});
