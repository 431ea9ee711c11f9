import type { ResponseCreateParams } from "openai/resources/responses/responses";
import { decodeRequest } from "../../packages/server/src/adapters/wire/openai-responses/caller/decode-request.ts";
import { packThinking } from "../../packages/server/src/adapters/wire/openai-responses/caller/sealed-thinking.ts";
import { toCompletion } from "../../packages/server/src/core/completions/to-completion.ts";
import { createPng, toDataUrl } from "../fixtures/openai-chat/sample-images.ts";
import type { DialectSamples, Sample } from "./dialect-samples.ts";

const user = { role: "user", content: "Hi" } as const;
const tool = { type: "function", name: "look" } as const;
const tools = [tool, { type: "function", name: "hear", strict: true }] as const;
const call = { type: "function_call", call_id: "a", name: "look", arguments: "{}" } as const;
const output = { type: "function_call_output", call_id: "a", output: "1" } as const;
const pdf = Buffer.from("%PDF-1.4\n%%EOF\n").toString("base64");
const asked = (part: object) => ({ input: [{ role: "user", content: [{ type: "input_text", text: "Hi" }, part] }] });
const part = "input[0].content[1]";

/** What the official client's types know at the top: a field that is new there has to be judged. */
const fields: Record<keyof ResponseCreateParams, Sample> = {
  model: { set: { model: "opus" } },
  input: { set: { input: [{ role: "developer", content: "Be brief." }, user] } },
  instructions: { set: { instructions: "Be brief." } },
  previous_response_id: { set: { previous_response_id: "resp_1" } },
  store: { set: { store: false } },
  background: { set: { background: true } },
  stream: { set: { stream: true } },
  stream_options: {
    beside: { stream: true },
    set: { stream_options: { include_obfuscation: true } },
    told: "stream_options.include_obfuscation",
  },
  include: { set: { include: ["reasoning.encrypted_content"] } },
  metadata: { set: { metadata: { a: "b" } } },
  max_output_tokens: { set: { max_output_tokens: 100 } },
  temperature: { set: { temperature: 1.5 } },
  top_p: { set: { top_p: 0.5 } },
  tools: { set: { tools } },
  tool_choice: { beside: { tools }, set: { tool_choice: { type: "function", name: "hear" } } },
  parallel_tool_calls: { beside: { tools }, set: { parallel_tool_calls: false } },
  reasoning: { set: { reasoning: { effort: "high" } } },
  text: { set: { text: { format: { type: "json_object" } } } },
  truncation: { set: { truncation: "auto" } },
  user: { set: { user: "ada" } },
  safety_identifier: { set: { safety_identifier: "ada" } },
  conversation: { set: { conversation: "conv_1" } },
  prompt: { set: { prompt: { id: "pmpt_1" } } },
  max_tool_calls: { set: { max_tool_calls: 3 } },
  top_logprobs: { set: { top_logprobs: 2 } },
  service_tier: { set: { service_tier: "flex" } },
  context_management: { set: { context_management: [{ type: "compaction" }] } },
  access_programs: { set: { access_programs: { cyber: "standard" } } },
  image: { set: { image: { context_compression: "enabled" } } },
  moderation: { set: { moderation: { model: "m" } } },
  prompt_cache_key: { set: { prompt_cache_key: "k" } },
  prompt_cache_options: { set: { prompt_cache_options: { mode: "implicit" } } },
  prompt_cache_retention: { set: { prompt_cache_retention: "24h" } },
};

export const responsesSamples: DialectSamples = {
  title: "Responses",
  plain: { model: "haiku", input: [user] },
  decode(body) {
    const request = decodeRequest(body);
    if (!request.ok) return request;
    const read = request.read({ responseId: "resp_", earlier: [], findItem: () => undefined });
    if (!read.ok) return read;
    const names = { messages: "input", endUser: read.endUserField, stopSequences: "stop" };
    const converted = toCompletion(read.call, names);
    if (!converted.ok) return converted;
    const { stream, stored, background, include, previousId } = request;
    const { metadata, reasoning } = read.openAnswer({ model: "m", createdAt: 0, now: () => 0 }).body();
    const settings = { stream, stored, background, include, previousId, metadata, reasoning };
    const ignored = [...read.ignored, ...converted.ignored];
    return { ok: true, decoded: { completion: converted.completion, settings }, ignored };
  },
  samples: {
    ...fields,
    "input[].content[].input_text": { set: asked({ type: "input_text", text: "there" }) },
    "input[].content[].input_image": {
      set: asked({ type: "input_image", image_url: toDataUrl(createPng(2, 2)), detail: "auto" }),
    },
    "input[].content[].input_image.detail": {
      beside: asked({ type: "input_image", image_url: "https://example.com/a.png" }),
      set: asked({ type: "input_image", image_url: "https://example.com/a.png", detail: "low" }),
      told: `${part}.detail`,
    },
    "input[].content[].input_image.file_id": {
      set: asked({ type: "input_image", file_id: "file-1" }),
      told: `${part}.file_id`,
    },
    "input[].content[].input_file": { set: asked({ type: "input_file", file_data: pdf, filename: "a.pdf" }) },
    "input[].content[].input_file.file_id": {
      set: asked({ type: "input_file", file_id: "file-1" }),
      told: `${part}.file_id`,
    },
    "input[].content[].input_audio": { set: asked({ type: "input_audio" }), told: `${part}.type` },
    "input[].function_call": { beside: { tools }, set: { input: [user, call, output] } },
    "input[].function_call_output": {
      beside: { tools, input: [user, call, output] },
      set: { input: [user, call, { ...output, output: "2" }] },
    },
    "input[].reasoning": {
      beside: { input: [user, { role: "assistant", content: "A" }, user] },
      set: {
        input: [
          user,
          {
            type: "reasoning",
            id: "rs_1",
            summary: [],
            encrypted_content: packThinking([{ type: "thinking", text: "hm", signature: "s" }]),
          },
          { role: "assistant", content: "A" },
          user,
        ],
      },
    },
    "input[].item_reference": { set: { input: [user, { type: "item_reference", id: "msg_1" }] }, told: "input[1].id" },
    "input[].web_search_call": { set: { input: [{ type: "web_search_call" }] }, told: "input[0].type" },
    "reasoning.effort": { set: { reasoning: { effort: "minimal" } } },
    "reasoning.summary": { set: { reasoning: { summary: "auto" } } },
    "text.format.json_schema": {
      set: { text: { format: { type: "json_schema", name: "a", schema: { type: "object" } } } },
    },
    "text.verbosity": { set: { text: { verbosity: "low" } } },
    "tools[].strict": { beside: { tools: [tool] }, set: { tools: [{ ...tool, strict: true }] } },
    "tools[].web_search": { set: { tools: [{ type: "web_search" }] }, told: "tools[0].type" },
    "tool_choice.allowed_tools": {
      beside: { tools },
      set: { tool_choice: { type: "allowed_tools", mode: "auto", tools: [tool] } },
    },
    "tool_choice.custom": {
      beside: { tools },
      set: { tool_choice: { type: "custom", name: "x" } },
      told: "tool_choice.type",
    },
  },
};
