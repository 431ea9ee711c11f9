import { z } from "zod";
import {
  anthropicModel,
  anthropicModelList,
  openAiModel,
  openAiModelList,
} from "../../adapters/wire/models-list/answer-schema.ts";
import { message, messageStreamEvents, tokenCount } from "../../adapters/wire/anthropic-messages/answer-schema.ts";
import { countTokensRequest, messagesRequest } from "../../adapters/wire/anthropic-messages/whole-request-schema.ts";
import {
  chatChunk,
  chatCompletion,
  embeddings,
  embeddingsRequest,
} from "../../adapters/wire/openai-chat/answer-schema.ts";
import { chatRequest } from "../../adapters/wire/openai-chat/whole-request-schema.ts";
import {
  deletedResponse,
  response,
  responseInputItems,
  responseStreamEvents,
} from "../../adapters/wire/openai-responses/caller/answer-schema.ts";
import { responseRequest } from "../../adapters/wire/openai-responses/caller/whole-request-schema.ts";
import type { DescribedRoutes } from "./described-route.ts";
import { anthropicError, openAiError } from "./error-answers.ts";
import { examples } from "./examples.ts";

const json = "application/json";
const events = "text/event-stream";
const driver = {
  "x-gantry-driver":
    "`direct` calls the model's API, `claude` has the agent program answer. As `gantry.driver` in the body.",
};
const version = { "anthropic-version": "As Anthropic's clients send it; the answer is in their shape then." };

/** What all take besides the fields of their dialect. */
const driverField = { gantry: z.object({ driver: z.enum(["direct", "claude"]).optional() }).optional() };
const extras = {
  ...driverField,
  project_id: z.string().min(1).max(200).nullish().meta({ description: "The project that pays, by id or name." }),
  timeout: z.number().min(1).max(3600).nullish().meta({ description: "Seconds for the whole answer." }),
};

const chatBody = chatRequest.extend(extras);
const responsesBody = responseRequest.extend(extras);
const messagesBody = messagesRequest.extend(driverField);
const chatStreamEvent = z.union([chatChunk, openAiError.pick({ error: true })]);
export const messageStreamEvent = z.union([...messageStreamEvents, anthropicError]);
export const responseStreamEvent = z.union([...responseStreamEvents]);

const deleted = z.object({ deleted: z.literal(true) });
const include = z
  .array(z.string())
  .optional()
  .meta({ description: "`reasoning.encrypted_content` shows the seals of what was thought." });

/** The dialects of others, described by what their decoders check and their encoders write. */
export const dialectRoutes: DescribedRoutes = {
  createChatCompletion: {
    method: "POST",
    path: "/v1/chat/completions",
    tag: "Chat",
    summary: "Answer a conversation, whole or as a stream.",
    description:
      "With `stream` the answer is a stream of events whose `data` are chunks, then `[DONE]`. What cannot be honoured is named in the " +
      "header `x-gantry-ignored`.",
    access: "inference",
    headers: {
      ...driver,
      "x-gantry-session": "A name, or `user` for the body's `user`: the server keeps the conversation under it.",
    },
    body: { type: json, schema: chatBody, example: examples["createChatCompletion"] },
    answers: { 200: { [json]: chatCompletion, [events]: chatStreamEvent } },
  },
  deleteChatSession: {
    method: "DELETE",
    path: "/v1/chat/sessions/:name",
    tag: "Chat",
    summary: "Forget a conversation that is kept under a name.",
    access: "inference",
    answers: { 200: { [json]: deleted } },
  },
  deleteUserChatSession: {
    method: "DELETE",
    path: "/v1/chat/sessions/user/:user",
    tag: "Chat",
    summary: "Forget a conversation that is kept under a client's user.",
    access: "inference",
    answers: { 200: { [json]: deleted } },
  },
  createEmbeddings: {
    method: "POST",
    path: "/v1/embeddings",
    tag: "Models",
    summary: "Have an upstream make embeddings.",
    description: "The body goes to the upstream as it is, and its answer comes back as it is.",
    access: "inference",
    body: { type: json, schema: embeddingsRequest, example: examples["createEmbeddings"] },
    answers: { 200: { [json]: embeddings } },
  },
  listModels: {
    method: "GET",
    path: "/v1/models",
    tag: "Models",
    summary: "List the names that the key may ask for.",
    access: "any",
    headers: version,
    answers: { 200: { [json]: z.union([openAiModelList, anthropicModelList]) } },
  },
  getModel: {
    method: "GET",
    path: "/v1/models/*model",
    tag: "Models",
    summary: "Show a model, by any of its names.",
    access: "any",
    headers: version,
    answers: { 200: { [json]: z.union([openAiModel, anthropicModel]) } },
  },
  createMessage: {
    method: "POST",
    path: "/v1/messages",
    tag: "Messages",
    summary: "Answer a conversation, whole or as a stream.",
    description: "With `stream` the answer is a stream of events whose `data` have the event's name as their `type`.",
    access: "inference",
    headers: { ...driver, ...version },
    body: { type: json, schema: messagesBody, example: examples["createMessage"] },
    answers: { 200: { [json]: message, [events]: messageStreamEvent } },
  },
  countMessageTokens: {
    method: "POST",
    path: "/v1/messages/count_tokens",
    tag: "Messages",
    summary: "Count the tokens of a call without making it.",
    access: "inference",
    headers: version,
    body: { type: json, schema: countTokensRequest, example: examples["countMessageTokens"] },
    answers: { 200: { [json]: tokenCount } },
  },
  createResponse: {
    method: "POST",
    path: "/v1/responses",
    tag: "Responses",
    summary: "Make a response, whole, as a stream or in the background.",
    access: "inference",
    headers: driver,
    body: { type: json, schema: responsesBody, example: examples["createResponse"] },
    answers: { 200: { [json]: response, [events]: responseStreamEvent } },
  },
  getResponse: {
    method: "GET",
    path: "/v1/responses/:id",
    tag: "Responses",
    summary: "Show a response that is kept.",
    access: "inference",
    query: z.object({ include }),
    answers: { 200: { [json]: response } },
  },
  deleteResponse: {
    method: "DELETE",
    path: "/v1/responses/:id",
    tag: "Responses",
    summary: "Delete a response that is kept.",
    access: "inference",
    answers: { 200: { [json]: deletedResponse } },
  },
  cancelResponse: {
    method: "POST",
    path: "/v1/responses/:id/cancel",
    tag: "Responses",
    summary: "End a response that is made in the background.",
    access: "inference",
    answers: { 200: { [json]: response } },
  },
  listResponseInput: {
    method: "GET",
    path: "/v1/responses/:id/input_items",
    tag: "Responses",
    summary: "List what a response that is kept was asked.",
    access: "inference",
    query: z.object({
      limit: z.int().min(1).max(100).default(20),
      order: z.enum(["asc", "desc"]).default("desc"),
      after: z.string().optional().meta({ description: "The id of the item before." }),
      include,
    }),
    answers: { 200: { [json]: responseInputItems } },
  },
};
