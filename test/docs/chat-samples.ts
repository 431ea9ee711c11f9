import type { ChatCompletionCreateParams } from "openai/resources/chat/completions";
import { decodeChatCompletion } from "../../packages/server/src/adapters/wire/openai-chat/decode.ts";
import { createPng, toDataUrl } from "../fixtures/openai-chat/sample-images.ts";
import type { DialectSamples, Sample } from "./dialect-samples.ts";

const user = { role: "user", content: "Hi" } as const;
const tool = { type: "function", function: { name: "look", strict: true } } as const;
const tools = [tool, { type: "function", function: { name: "hear" } }] as const;
const call = { id: "a", type: "function", function: { name: "look", arguments: "{}" } } as const;
const exchange = [user, { role: "assistant", tool_calls: [call] }, { role: "tool", tool_call_id: "a", content: "1" }];
const pdf = Buffer.from("%PDF-1.4\n%%EOF\n").toString("base64");

const asked = (part: object) => ({ messages: [{ role: "user", content: [{ type: "text", text: "Hi" }, part] }] });
const answered = (message: object) => ({ messages: [user, { role: "assistant", content: "A", ...message }, user] });

/** What the official client's types know at the top: a field that is new there has to be judged. */
const fields: Record<keyof ChatCompletionCreateParams, Sample> = {
  model: { set: { model: "opus" } },
  messages: { set: { messages: [{ role: "system", content: "Be brief." }, user] } },
  tools: { set: { tools } },
  tool_choice: { beside: { tools }, set: { tool_choice: { type: "function", function: { name: "hear" } } } },
  parallel_tool_calls: { beside: { tools }, set: { parallel_tool_calls: false } },
  functions: { set: { functions: [{ name: "look" }] } },
  function_call: { set: { function_call: { name: "look" } } },
  response_format: { set: { response_format: { type: "json_object" } } },
  reasoning_effort: { set: { reasoning_effort: "high" } },
  verbosity: { set: { verbosity: "low" } },
  max_tokens: { set: { max_tokens: 100 } },
  max_completion_tokens: { set: { max_completion_tokens: 100 } },
  temperature: { set: { temperature: 1.5 } },
  top_p: { set: { top_p: 0.5 } },
  stop: { set: { stop: ["END"] } },
  stream: { set: { stream: true } },
  stream_options: { beside: { stream: true }, set: { stream_options: { include_usage: true } } },
  n: { set: { n: 2 } },
  modalities: { set: { modalities: ["text", "audio"] } },
  audio: { set: { audio: { voice: "alloy", format: "wav" } } },
  frequency_penalty: { set: { frequency_penalty: 1 } },
  presence_penalty: { set: { presence_penalty: 1 } },
  logit_bias: { set: { logit_bias: { "50256": -100 } } },
  logprobs: { set: { logprobs: true } },
  top_logprobs: { set: { top_logprobs: 2 } },
  seed: { set: { seed: 7 } },
  user: { set: { user: "ada" } },
  safety_identifier: { set: { safety_identifier: "ada" } },
  metadata: { set: { metadata: { a: "b" } } },
  store: { set: { store: true } },
  service_tier: { set: { service_tier: "flex" } },
  moderation: { set: { moderation: { mode: "block" } } },
  prediction: { set: { prediction: { type: "content", content: "A" } } },
  prompt_cache_key: { set: { prompt_cache_key: "k" } },
  prompt_cache_options: { set: { prompt_cache_options: { ttl: "1h" } } },
  prompt_cache_retention: { set: { prompt_cache_retention: "24h" } },
  web_search_options: { set: { web_search_options: {} } },
};

export const chatSamples: DialectSamples = {
  title: "Chat completions",
  plain: { model: "haiku", messages: [user] },
  decode(body) {
    const result = decodeChatCompletion(body);
    if (!result.ok) return result;
    const { completion, stream, includeUsage, ignored } = result;
    return { ok: true, decoded: { completion, stream, includeUsage }, ignored };
  },
  samples: {
    ...fields,
    "messages[].tool_calls": { set: { messages: exchange } },
    "messages[].tool_call_id": { set: { messages: exchange } },
    "messages[].content[].text": { set: asked({ type: "text", text: "there" }) },
    "messages[].content[].image_url": {
      set: asked({ type: "image_url", image_url: { url: toDataUrl(createPng(3, 2), "image/png") } }),
    },
    "messages[].content[].image_url.detail": {
      beside: asked({ type: "image_url", image_url: { url: "https://example.com/a.png" } }),
      set: asked({ type: "image_url", image_url: { url: "https://example.com/a.png", detail: "low" } }),
      told: "messages[0].content[1].image_url.detail",
    },
    "messages[].content[].file.file_data": { set: asked({ type: "file", file: { file_data: pdf } }) },
    "messages[].content[].file.file_id": {
      set: asked({ type: "file", file: { file_id: "file-1" } }),
      told: "messages[0].content[1].file.file_id",
    },
    "messages[].content[].input_audio": {
      set: asked({ type: "input_audio", input_audio: { data: "", format: "wav" } }),
      told: "messages[0].content[1].type",
    },
    "messages[].name": { set: { messages: [{ ...user, name: "ada" }] }, told: "messages[0].name" },
    "messages[].function_call": {
      set: answered({ function_call: { name: "look", arguments: "{}" } }),
      told: "messages[1].function_call",
    },
    "messages[].audio": { set: answered({ audio: { id: "audio-1" } }), told: "messages[1].audio" },
    "tools[].custom": { set: { tools: [{ type: "custom", custom: { name: "x" } }] }, told: "tools[0].type" },
    "tool_choice.allowed_tools": {
      beside: { tools },
      set: { tool_choice: { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [tool] } } },
    },
    "tool_choice.custom": {
      beside: { tools },
      set: { tool_choice: { type: "custom", custom: { name: "x" } } },
      told: "tool_choice.type",
    },
  },
};
