import type { MessageCreateParams } from "@anthropic-ai/sdk/resources/beta/messages";
import { createAgentMessagesFormat } from "../../packages/server/src/adapters/wire/anthropic-messages/agent-messages-format.ts";
import { toCompletion } from "../../packages/server/src/core/completions/to-completion.ts";
import { createPng } from "../fixtures/openai-chat/sample-images.ts";
import type { DialectSamples, Sample } from "./dialect-samples.ts";

const user = { role: "user", content: "Hi" };
const schema = { type: "object" };
const tools = [
  { name: "look", input_schema: schema },
  { name: "hear", input_schema: schema },
];
const use = { type: "tool_use", id: "a", name: "look", input: {} };
const toResult = (content: unknown) => ({ type: "tool_result", tool_use_id: "a", content });
const exchange = [user, { role: "assistant", content: [use] }, { role: "user", content: [toResult("1")] }];
const pdf = {
  type: "document",
  source: {
    type: "base64",
    media_type: "application/pdf",
    data: Buffer.from("%PDF-1.4\n%%EOF\n").toString("base64"),
  },
};
const asked = (part: object) => ({ messages: [{ role: "user", content: [{ type: "text", text: "Hi" }, part] }] });
const answered = (part: object) => ({ messages: [user, { role: "assistant", content: [part] }, user] });
const part = "messages.0.content.1";

/** What the official client's types know at the top: a field that is new there has to be judged. */
const fields: Record<Exclude<keyof MessageCreateParams, "cache_control" | "betas">, Sample> = {
  model: { set: { model: "opus" } },
  max_tokens: { set: { max_tokens: 100 } },
  messages: { set: { messages: [user, { role: "assistant", content: "A" }, user] } },
  system: { set: { system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }] } },
  tools: { set: { tools } },
  tool_choice: {
    beside: { tools },
    set: { tool_choice: { type: "tool", name: "hear", disable_parallel_tool_use: true } },
  },
  thinking: { set: { thinking: { type: "enabled", budget_tokens: 2000 } } },
  output_config: { set: { output_config: { effort: "low", format: { type: "json_schema", schema } } } },
  output_format: { set: { output_format: { type: "json_schema", schema } } },
  stop_sequences: { set: { stop_sequences: ["END"] } },
  stream: { set: { stream: true } },
  metadata: { set: { metadata: { user_id: "ada" } }, told: "metadata.user_id" },
  container: { set: { container: "c" } },
  context_management: { set: { context_management: { edits: [{ type: "clear_tool_uses_20250919" }] } } },
  compaction: { set: { compaction: { type: "auto" } } },
  service_tier: { set: { service_tier: "standard_only" } },
  speed: { set: { speed: "fast" } },
  diagnostics: { set: { diagnostics: { previous_message_id: "m" } } },
  billing_policy: { set: { billing_policy: "x" } },
  fallbacks: { set: { fallbacks: [{ model: "opus" }] } },
  fallback_credit_token: { set: { fallback_credit_token: "x" } },
  user_profile_id: { set: { user_profile_id: "p" } },
  workspace_id: { set: { workspace_id: "w" } },
  mcp_servers: { set: { mcp_servers: [{ type: "url", url: "https://example.com", name: "x" }] } },
  inference_geo: { set: { inference_geo: "us" } },
  thread: { set: { thread: { type: "create" } } },
};

export const messagesSamples: DialectSamples = {
  title: "Messages",
  plain: { model: "haiku", max_tokens: 1000, messages: [user] },
  decode(body) {
    const decoded = createAgentMessagesFormat().decodeCall(body);
    if (!decoded.ok) return decoded;
    const converted = toCompletion(decoded.call);
    if (!converted.ok) return converted;
    const { completion, ignored } = converted;
    return {
      ok: true,
      decoded: { completion, stream: decoded.call.stream },
      ignored: [...decoded.ignored, ...ignored],
    };
  },
  samples: {
    ...fields,
    temperature: { set: { temperature: 0.5 } },
    top_p: { set: { top_p: 0.5 } },
    top_k: { set: { top_k: 5 } },
    "messages[].role.system": { set: { messages: [user, { role: "system", content: "Be brief." }] } },
    "messages[].content[].text": { set: asked({ type: "text", text: "there" }) },
    "messages[].content[].image": {
      set: asked({
        type: "image",
        source: { type: "base64", media_type: "image/png", data: createPng(3, 2).toString("base64") },
      }),
    },
    "messages[].content[].image.source.file": {
      set: asked({ type: "image", source: { type: "file", file_id: "f" } }),
      told: `${part}.source`,
    },
    "messages[].content[].document": { set: asked(pdf) },
    "messages[].content[].document.citations": {
      beside: asked(pdf),
      set: asked({ ...pdf, citations: { enabled: true } }),
      told: `${part}.citations`,
    },
    "messages[].content[].document.source.file": {
      set: asked({ type: "document", source: { type: "file", file_id: "f" } }),
      told: `${part}.source`,
    },
    "messages[].content[].search_result": {
      set: asked({ type: "search_result", source: "s", title: "t", content: [{ type: "text", text: "a" }] }),
    },
    "messages[].content[].thinking": { set: answered({ type: "thinking", thinking: "Hm.", signature: "s" }) },
    "messages[].content[].tool_use": { set: { messages: exchange } },
    "messages[].content[].tool_result": { set: { messages: exchange } },
    "messages[].content[].server_tool_use": {
      set: answered({ type: "server_tool_use", id: "s", name: "web_search", input: {} }),
      told: "messages.1.content.0.type",
    },
    "tools[].web_search": {
      set: { tools: [{ type: "web_search_20250305", name: "web_search" }] },
      told: "tools.0.web_search_20250305",
    },
  },
};
