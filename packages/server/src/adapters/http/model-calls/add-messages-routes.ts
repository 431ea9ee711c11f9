import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Billing } from "../../../core/budgets/billing.ts";
import { type CallPayer, createBillPayer } from "../../../core/model-plane/call-payer.ts";
import type { ModelPlane, PlaneAnswer, PlaneCall } from "../../../core/model-plane/model-plane.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { RateOutcome } from "../../../core/ports/rate-limiter.ts";
import type { RunAdmission } from "../../../core/runs/run-admission.ts";
import { createRunPayer } from "../../../core/runs/run-payer.ts";
import type { RunStateKeeper } from "../../../core/runs/run-state-keeper.ts";
import { abortWhenClientLeaves } from "../abort-when-client-leaves.ts";
import { createRequestId } from "../create-request-id.ts";
import { servesRuns } from "../keep-runs-to-calls.ts";
import { toPlainHeaders } from "../to-plain-headers.ts";
import { toRateHeaders } from "../to-rate-headers.ts";
import { chooseRoad, type RoadChooser } from "./choose-road.ts";
import { sendPlaneAnswer } from "./send-plane-answer.ts";

export interface ModelCallParts {
  readonly plane: ModelPlane;
  readonly billing: Billing;
  readonly runStates: RunStateKeeper;
  readonly runAdmission: RunAdmission;
  readonly stallMs: number;
  readonly clock: Clock;
  readonly createId: () => string;
}

export interface MessagesRoads extends RoadChooser {
  /** The road of those calls that do not go to an upstream. Rejects with a `FailureError`. */
  serveByAgent(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
}

/** `POST /v1/messages` and `POST /v1/messages/count_tokens`, as Anthropic's clients send them. */
export function addMessagesRoutes(app: FastifyInstance, parts: ModelCallParts, roads: MessagesRoads): void {
  const options = { config: { ...servesRuns.config, keepsBytes: true } };
  app.post("/v1/messages", options, (request, reply) =>
    chooseRoad(roads, request, "direct") === "direct"
      ? serveCall(parts, "call", "anthropic-messages", request, reply)
      : roads.serveByAgent(request, reply),
  );
  // On either road the upstream counts, where it can: what the agent program adds is little.
  app.post("/v1/messages/count_tokens", options, (request, reply) =>
    serveCall(parts, "countTokens", "anthropic-messages", request, reply),
  );
}

/** `POST /v1/embeddings`, as OpenAI's clients send it: no agent program has any, so an upstream always answers. */
export function addEmbeddingsRoute(app: FastifyInstance, parts: ModelCallParts): void {
  const options = { config: { ...servesRuns.config, keepsBytes: true } };
  app.post("/v1/embeddings", options, (request, reply) => serveCall(parts, "embed", "openai-chat", request, reply));
}

/** Serves a call on the direct road, past every agent; `body` where it is not the request's own. Rejects with a `FailureError` before anything was sent. */
export async function serveCall(
  parts: ModelCallParts,
  what: keyof ModelPlane,
  dialect: PlaneCall["dialect"],
  request: FastifyRequest,
  reply: FastifyReply,
  body: Uint8Array = request.rawBody,
): Promise<FastifyReply> {
  const { principal } = request;
  const usageId = createRequestId(parts);
  reply.header("x-gantry-usage-id", usageId);
  const answer = await parts.plane[what]({
    callId: usageId,
    principal,
    payer: createCallPayer(parts, request, (rate) => void reply.headers(toRateHeaders(rate, parts.clock.epoch()))),
    dialect,
    fromOwnAgent: false,
    query: toQuery(request.url),
    headers: toPlainHeaders(request.headers),
    body,
    signal: abortWhenClientLeaves(reply.raw),
  });
  reply.hijack();
  await sendPlaneAnswer(answer, reply.raw, toHeaders(answer, reply), parts);
  return reply;
}

/** Who pays for a request's call; `onRate` is told how its limits stand. */
export function createCallPayer(
  parts: ModelCallParts,
  request: FastifyRequest,
  onRate: (rate: RateOutcome) => void,
): CallPayer {
  const { principal } = request;
  const { runId, runState = "open" } = principal;
  const payer = createBillPayer(parts.billing, {
    principal,
    runId: runId ?? null,
    // The last call of a run may use what is left; which one that is, is clear when they are let in one after the other.
    ...(runId === undefined ? {} : { mayUseRest: true, admit: parts.runAdmission.admit.bind(undefined, runId) }),
    driver: "direct",
    address: request.ip,
    payloadDigest: request.bodyDigest,
    onRate,
  });
  return runId === undefined ? payer : createRunPayer(payer, { id: runId, state: runState }, parts.runStates);
}

function toHeaders({ headers, upstream, ignored }: PlaneAnswer, reply: FastifyReply): Record<string, string> {
  const { "request-id": own, ...ours } = toPlainHeaders(reply.getHeaders());
  // The vendor is asked by its own id of the request; ours is in `x-request-id` as well.
  const id = headers["request-id"] ?? own;
  return {
    ...ours,
    ...(id === undefined ? {} : { "request-id": id }),
    "x-gantry-driver": "direct",
    "x-gantry-upstream": upstream,
    ...(ignored.length === 0 ? {} : { "x-gantry-ignored": [...new Set(ignored)].join(", ") }),
  };
}

function toQuery(url: string): string {
  const at = url.indexOf("?");
  return at === -1 ? "" : url.slice(at);
}
