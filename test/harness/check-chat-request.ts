import type { ChatCompletionCreateParams } from "openai/resources";
import { z } from "zod";

/** Every field that the API knows; the type makes the list complete. It refuses all others. */
const knownFields: Readonly<Record<keyof ChatCompletionCreateParams, true>> = {
  audio: true,
  frequency_penalty: true,
  function_call: true,
  functions: true,
  logit_bias: true,
  logprobs: true,
  max_completion_tokens: true,
  max_tokens: true,
  messages: true,
  metadata: true,
  modalities: true,
  model: true,
  moderation: true,
  n: true,
  parallel_tool_calls: true,
  prediction: true,
  presence_penalty: true,
  prompt_cache_key: true,
  prompt_cache_options: true,
  prompt_cache_retention: true,
  reasoning_effort: true,
  response_format: true,
  safety_identifier: true,
  seed: true,
  service_tier: true,
  stop: true,
  store: true,
  stream: true,
  stream_options: true,
  temperature: true,
  tool_choice: true,
  tools: true,
  top_logprobs: true,
  top_p: true,
  user: true,
  verbosity: true,
  web_search_options: true,
};

const part = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string() }),
  z.strictObject({
    type: z.literal("image_url"),
    image_url: z.strictObject({
      url: z.string().regex(/^(https:\/\/|data:image\/(png|jpeg|gif|webp);base64,)/),
      detail: z.string().optional(),
    }),
  }),
  z.strictObject({ type: z.literal("refusal"), refusal: z.string() }),
]);
const textPart = z.strictObject({ type: z.literal("text"), text: z.string() });
const texts = z.union([z.string(), z.array(textPart).min(1)]);
const toolCall = z.strictObject({
  id: z.string().min(1),
  type: z.literal("function"),
  function: z.strictObject({ name: z.string().min(1), arguments: z.string() }),
});

/** What the API takes of a conversation with tools. Contents of tools are texts alone. */
const chatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z
    .array(
      z.discriminatedUnion("role", [
        z.strictObject({ role: z.enum(["system", "developer"]), content: texts, name: z.string().optional() }),
        z.strictObject({
          role: z.literal("user"),
          content: z.union([z.string(), z.array(part).min(1)]),
          name: z.string().optional(),
        }),
        z.strictObject({
          role: z.literal("assistant"),
          content: z.union([z.string(), z.array(part).min(1)]).nullish(),
          refusal: z.string().nullish(),
          name: z.string().optional(),
          tool_calls: z.array(toolCall).min(1).optional(),
        }),
        z.strictObject({ role: z.literal("tool"), content: texts, tool_call_id: z.string() }),
      ]),
    )
    .min(1),
  tools: z
    .array(
      z.strictObject({
        type: z.literal("function"),
        function: z.strictObject({
          name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
          description: z.string().optional(),
          parameters: z.record(z.string(), z.unknown()).optional(),
          strict: z.boolean().nullish(),
        }),
      }),
    )
    .min(1)
    .optional(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
});

export type ChatRequest = z.infer<typeof chatRequest>;

/** Reads a request as strictly as OpenAI's own server does; else what that would say of it. */
export function checkChatRequest(body: unknown): { readonly request: ChatRequest } | { readonly problem: string } {
  const parsed = chatRequest.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { problem: `Invalid value for '${issue?.path.join(".")}': ${issue?.message}` };
  }
  const problem = findProblem(parsed.data);
  return problem === undefined ? { request: parsed.data } : { problem };
}

function findProblem(request: ChatRequest): string | undefined {
  const unknown = Object.keys(request).find((field) => !(field in knownFields));
  if (unknown !== undefined) return `Unrecognized request argument supplied: ${unknown}`;
  if (request.stream_options && request.stream !== true) {
    return "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
  }
  const alone = ["tool_choice", "parallel_tool_calls"].find((field) => request[field] !== undefined);
  if (alone !== undefined && request.tools === undefined)
    return `'${alone}' is only allowed when 'tools' are specified.`;
  return findUnpairedTool(request);
}

/** Each call must be answered right behind the message that makes it, each answer belong to such a call. */
function findUnpairedTool({ messages }: ChatRequest): string | undefined {
  let open = new Set<string>();
  for (const message of messages) {
    if (message.role === "tool") {
      if (!open.delete(message.tool_call_id)) {
        return "messages with role 'tool' must be a response to a preceding message with 'tool_calls'.";
      }
      continue;
    }
    if (open.size > 0) break;
    if (message.role === "assistant") open = new Set(message.tool_calls?.map(({ id }) => id));
  }
  if (open.size === 0) return undefined;
  return `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id': ${[...open].join(", ")}`;
}
