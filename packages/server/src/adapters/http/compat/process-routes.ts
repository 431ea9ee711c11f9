import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { requireScope } from "../../../core/access/principal.ts";
import { collectAnswer } from "../../../core/completions/collect-answer.ts";
import { encodeFinishReason } from "./encode-finish-reason.ts";
import { findModel } from "../../../core/routing/resolve-model.ts";
import { abortWhenClientLeaves } from "../abort-when-client-leaves.ts";
import { checkInput } from "../admin/check-input.ts";
import type { Operation } from "../admin/operation.ts";
import type { ListModels } from "./provider-routes.ts";
import { type ChatParts, startChat } from "../chat/start-chat.ts";
import { createRequestId } from "../create-request-id.ts";
import { mapModelName } from "./map-model-name.ts";

const text = z.string().max(10_000_000);
const anything = z.unknown().optional();

const processBody = z.strictObject({
  provider: z.string().min(1).max(100),
  model_name: z.string().min(1).max(256),
  messages: z.array(z.unknown()).nullish(),
  system_message: text.nullish(),
  user_message: text.nullish(),
  content: text.nullish(),
  max_tokens: z.int().min(1).max(1_000_000).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  async_processing: z.boolean().nullish(),
  additional_params: z.looseObject({ stream: anything }).nullish(),
  tools: z.array(z.unknown()).nullish(),
  tool_choice: anything,
  output_schema: anything,
  media_content: anything,
  memory: anything,
  use_cli: z.boolean().nullish(),
  project_id: z.string().min(1).max(200).nullish(),
  timeout: z.number().min(1).max(3600).nullish(),
});
type ProcessBody = z.output<typeof processBody>;

const count = z.int();

export const processOperations = {
  process: {
    method: "POST",
    path: "/v1/process",
    summary:
      "Answer one prompt, in the form of an older service: `messages`, or `user_message` with `system_message`, or `content`. The names of other " +
      "vendors' models stand for those that are here.",
    access: "inference",
    body: processBody,
    answer: z.strictObject({
      content: z.string(),
      model: z.string().meta({ description: "As it was asked for." }),
      provider: z.string(),
      metadata: z.strictObject({
        actual_model: z.string(),
        usage: z.strictObject({ input_tokens: count, output_tokens: count, total_tokens: count }),
        cost_usd: z.number().nullable(),
        processing_time: z.number().meta({ description: "Seconds." }),
        finish_reason: z.string(),
        mapped_from: z.string().nullable(),
      }),
    }),
  },
} as const satisfies Record<string, Operation>;

export interface ProcessParts extends ChatParts {
  readonly listModels: ListModels;
  readonly createId: () => string;
}

/** Fields that are taken and change nothing. */
const withoutEffect = ["output_schema", "media_content", "memory", "use_cli"] as const;

/** Registers it. A hook before it sets `request.principal`. */
export function addProcessRoute(app: FastifyInstance, parts: ProcessParts): void {
  app.post(processOperations.process.path, (request, reply) => process(parts, request, reply));
}

async function process(parts: ProcessParts, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { principal } = request;
  const lacking = requireScope(principal, "inference");
  if (lacking !== undefined) throw new FailureError(lacking);
  const body = checkInput(processBody, request.body, "body");
  refuseUnserved(body);
  const known = findModel(body.model_name, await parts.listModels(principal));
  const model = known === undefined ? mapModelName(body.model_name) : body.model_name;
  const ignored = withoutEffect.filter((name) => body[name] !== undefined && body[name] !== null);
  const startedAt = parts.clock.now();
  const usageId = createRequestId(parts);
  reply.header("x-gantry-usage-id", usageId).header("cache-control", "no-store");
  const { answer } = await startChat(
    parts,
    toChatBody(body, model),
    {
      requestId: usageId,
      principal,
      address: request.ip,
      payloadDigest: request.bodyDigest,
      signal: abortWhenClientLeaves(reply.raw),
    },
    (decoded) => {
      const names = [...ignored, ...decoded.ignored];
      if (names.length > 0) reply.header("x-gantry-ignored", names.join(", "));
    },
  );
  const whole = await collectAnswer(answer.events);
  if (!whole.ok) throw new FailureError(whole.failure);
  const { usage, costMicros } = whole;
  const input = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  return {
    content: whole.text,
    model: body.model_name,
    provider: body.provider,
    metadata: {
      actual_model: answer.model,
      usage: { input_tokens: input, output_tokens: usage.outputTokens, total_tokens: input + usage.outputTokens },
      cost_usd: answer.cached ? 0 : costMicros === undefined ? null : costMicros / 1_000_000,
      processing_time: Math.round(parts.clock.now() - startedAt) / 1000,
      finish_reason: encodeFinishReason(whole.finishReason),
      mapped_from: known === undefined ? body.model_name : null,
    },
  };
}

function refuseUnserved({ async_processing: isAsync, additional_params: more, tools, tool_choice }: ProcessBody): void {
  if ((tools?.length ?? 0) > 0 || !["none", "auto"].includes(String(tool_choice ?? "none"))) {
    const param = (tools?.length ?? 0) > 0 ? "tools" : "tool_choice";
    const message = `${param}: an answer here has no place for calls of tools; send them to POST /v1/chat/completions.`;
    throw new FailureError(toFailure("unsupported_feature", message, { param }));
  }
  if (isAsync === true) {
    const message = "async_processing is not served; send a task with `wait: 0` to POST /v1/task, or a batch.";
    throw new FailureError(toFailure("not_implemented", message, { param: "async_processing" }));
  }
  if (more?.stream === true) {
    const message = "A stream is not served here; send `stream: true` to POST /v1/chat/completions.";
    throw new FailureError(toFailure("not_implemented", message, { param: "additional_params.stream" }));
  }
}

/** The same as the body of a chat completion. */
function toChatBody(body: ProcessBody, model: string): object {
  const { max_tokens = null, temperature = null, tools, tool_choice = null, project_id, timeout } = body;
  return {
    model,
    messages: toMessages(body),
    max_tokens: max_tokens ?? 1000,
    temperature,
    tools: tools ?? null,
    tool_choice,
    project_id: project_id ?? undefined,
    timeout: timeout ?? undefined,
  };
}

function toMessages({ messages, system_message: system, user_message: user, content }: ProcessBody): unknown[] {
  const ways = [messages, user, content].filter((way) => way !== undefined && way !== null);
  if (ways.length !== 1) {
    const message = "Send one of `messages`, `user_message` and `content`.";
    throw new FailureError(toFailure("invalid_request", message, { param: "messages" }));
  }
  const before = system === undefined || system === null ? [] : [{ role: "system", content: system }];
  return [...before, ...(messages ?? [{ role: "user", content: user ?? content }])];
}
