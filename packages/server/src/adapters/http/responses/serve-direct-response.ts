import { FailureError } from "@gantry/contracts/errors";
import type { ModelCall } from "@gantry/contracts/model-call";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { AnswerWriter, PlaneAnswer } from "../../../core/model-plane/model-plane.ts";
import type { ResponseBody } from "../../../core/ports/responses-format.ts";
import { createRequestId } from "../create-request-id.ts";
import type { HttpParts } from "../http-parts.ts";
import { createCallPayer, serveCall } from "../model-calls/add-messages-routes.ts";
import { openKeptAnswer } from "./open-kept-answer.ts";
import type { AskedResponse } from "./read-response-request.ts";

/** A response that an upstream makes itself, past every agent; read and kept as all others are. `unheld` are fields of ours without effect here. */
export async function serveDirectResponse(
  parts: HttpParts,
  asked: AskedResponse,
  unheld: readonly string[],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { call } = asked.read;
  const ignored = [...asked.read.ignored, ...unheld];
  if (asked.decoded.background) return await makeLater(parts, asked, ignored, request, reply);
  const answer = openKeptAnswer(parts, asked, call.model, request.principal);
  const calls = { ...parts, ...parts.calls };
  return await serveCall(calls, "call", { call, ignored, answer }, request, reply, toMeasured(call));
}

/** What the price is estimated by: the whole conversation, of which the request may hold the end alone. */
function toMeasured(call: ModelCall): Uint8Array {
  return Buffer.from(JSON.stringify({ ...call, max_tokens: call.sampling.maxOutputTokens }));
}

/** Answers at once; what becomes of it is asked for later. */
async function makeLater(
  parts: HttpParts,
  { decoded, conversation, read }: AskedResponse,
  ignored: readonly string[],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { responses, calls, clock } = parts;
  const { principal } = request;
  const { call, items } = read;
  if (ignored.length > 0) reply.header("x-gantry-ignored", ignored.join(", "));
  const usageId = createRequestId(parts);
  reply.headers({ "x-gantry-usage-id": usageId, "x-gantry-driver": "direct" });
  // Whoever asked is gone when the limits are known.
  const payer = createCallPayer({ ...parts, ...calls }, request, () => {});
  const now = () => Math.floor(clock.epoch() / 1000);
  const answer = read.openAnswer({ model: call.model, createdAt: now(), now });
  const begun = answer.body();
  const make = async (signal: AbortSignal): Promise<ResponseBody> => {
    const writer: AnswerWriter = { ...answer, body: () => null };
    const headers = { "content-type": "application/json" };
    const body = toMeasured(call);
    const dialect = { call, ignored, answer: writer };
    const wanted = {
      callId: usageId,
      principal,
      payer,
      dialect,
      fromOwnAgent: false,
      query: "",
      headers,
      body,
      signal,
    };
    try {
      await readToEnd(await calls.plane.call(wanted));
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      return responses.format.close(begun, "failed", error.failure);
    }
    return answer.body();
  };
  await responses.service.makeLater({ principal, conversation, items, body: begun }, make);
  return responses.format.show(begun, decoded.include);
}

async function readToEnd({ body }: PlaneAnswer): Promise<void> {
  if (typeof body === "string" || body instanceof Uint8Array) return;
  for await (const _piece of body);
}
