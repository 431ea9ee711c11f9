import { FailureError, toFailure } from "@gantry/contracts/errors";
import { requireScope } from "../access/principal.ts";
import type { Principal } from "../access/principal.ts";
import { automatic, mayUse, type RoutingQuery } from "../completions/choose-model.ts";
import { estimateReservation } from "../budgets/estimate.ts";
import type { AgentModel } from "../ports/driver.ts";
import { resolveAlias } from "../routing/resolve-alias.ts";
import { findModel } from "../routing/resolve-model.ts";
import { type Attempted, type AttemptTargets, type Target, toPath } from "../upstreams/target.ts";
import { type AnswerParts, toAnswer } from "./answer-call.ts";
import { readWhole } from "./carry-answer.ts";
import { nothingSpent } from "../budgets/billing.ts";
import { embed } from "./embed.ts";
import type { ModelPlane, PlaneAnswer, PlaneCall } from "./model-plane.ts";
import { scanCallBody, toUpstreamBytes, type CallView } from "./scan-call-body.ts";

export interface ModelPlaneParts extends AnswerParts {
  readonly attempt: AttemptTargets;
  /** Where a model is served, by any of its names, in the order in which it is tried; none where no upstream serves it. */
  readonly targetsOf: (names: readonly string[]) => readonly Target[];
  /** Models that are known by more than one name. Answers at once with what is known by now. */
  readonly knownModels: () => readonly AgentModel[];
  /** What `auto` takes. Rejects with `forbidden` where the key may use none of the models of the rules. */
  readonly chooseModel: (query: RoutingQuery, principal: Principal) => Promise<string>;
}

/** A call whose way is known. */
interface Routed {
  readonly call: PlaneCall;
  readonly view: CallView;
  readonly targets: readonly Target[];
  readonly startedAt: number;
}

export function createModelPlane(parts: ModelPlaneParts): ModelPlane {
  return {
    async call(call) {
      const routed = await route(parts, call);
      const { view, startedAt } = routed;
      const [model, ...otherModels] = routed.targets.map((target) => target.model);
      if (model === undefined) throw noUpstream(view);
      const { callId, signal } = call;
      const payment = await call.payer.open({ callId, model, otherModels, size: toSize(view), signal });
      try {
        const attempted = await attempt(parts, routed);
        return await toAnswer(parts, { call, view, startedAt, payment, attempted });
      } catch (error) {
        const outcome = call.signal.aborted ? "cancelled" : "failed";
        const failure = error instanceof FailureError ? error.failure : undefined;
        await payment.settle({ ...nothingSpent, outcome, failure, latencyMs: parts.clock.now() - startedAt });
        throw error;
      }
    },
    embed: async (call) => await embed(parts, await route(parts, call)),
    async countTokens(call) {
      const routed = await route(parts, call);
      const target = routed.targets.find(({ dialect }) => dialect === call.dialect);
      if (target === undefined) return toEstimatedCount(routed);
      const attempted = await attempt(parts, { ...routed, targets: [target] }, "/count_tokens");
      const { status, headers, body } = attempted.response;
      const whole = await readWhole(body).finally(attempted.end);
      return { status, headers, upstream: attempted.target.upstream.name, ignored: [], body: whole };
    },
  };
}

/** Who may ask for what, and where it is served. Throws a `FailureError`. */
async function route(parts: ModelPlaneParts, call: PlaneCall): Promise<Routed> {
  const startedAt = parts.clock.now();
  const { principal } = call;
  const lacking = requireScope(principal, "inference");
  if (lacking !== undefined) throw new FailureError(lacking);
  const view = scanCallBody(call.body);
  if ("code" in view) throw new FailureError(view);
  // What an agent of ours asks for was chosen before.
  const asked = call.fromOwnAgent ? view.model : resolveAlias(view.model, principal.aliases);
  const name = asked === automatic ? await parts.chooseModel(readQuery(call.body), principal) : asked;
  const model = findModel(name, parts.knownModels()) ?? { id: name, aliases: [], displayName: name };
  if (!mayUse(principal, model)) {
    const names = principal.profile.allowedModels.join(", ") || "none";
    throw new FailureError(
      toFailure("forbidden", `The profile of this key allows these models: ${names}.`, { param: "model" }),
    );
  }
  return { call, view, targets: parts.targetsOf([name, model.id]), startedAt };
}

/** The last message decides, what came before is its context. What cannot be read is an ordinary task. */
function readQuery(body: Uint8Array): RoutingQuery {
  const messages = toMessages(parseJson(body));
  const prompt = textsOf(messages.at(-1)).join("\n");
  return { prompt, contextSize: Math.ceil(Math.max(0, textsOf(messages).join("").length - prompt.length) / 4) };
}

function toMessages(body: unknown): readonly unknown[] {
  const messages = typeof body === "object" && body !== null && "messages" in body ? body.messages : undefined;
  return Array.isArray(messages) ? messages : [];
}

/** All texts of a message, in whichever dialect. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== "object" || value === null) return [];
  if ("content" in value) return textsOf(value.content);
  return "text" in value && typeof value.text === "string" ? [value.text] : [];
}

function noUpstream({ model }: CallView): FailureError {
  const shown = JSON.stringify(model.slice(0, 80));
  return new FailureError(toFailure("model_not_found", `No upstream serves the model ${shown}.`, { param: "model" }));
}

/** Tries the targets in turn, each with the call as its dialect has it. */
async function attempt(parts: ModelPlaneParts, { call, view, targets }: Routed, below = ""): Promise<Attempted> {
  const decoded = lazily(() => decode(parts, call, view));
  return await parts.attempt({
    owner: call.principal.owner,
    targets,
    once: call.fromOwnAgent,
    signal: call.signal,
    toExchange(target) {
      if (target.dialect === call.dialect) {
        // What an answer costs is told in every dialect; in some only where it is asked for.
        const asksUsage = view.stream && parts.callers[target.dialect].openUsageFilter !== undefined;
        const body = toUpstreamBytes(call.body, view, target.model, asksUsage);
        return {
          path: toPath(target, below + (target.dialect === "anthropic-messages" ? call.query : "")),
          headers: call.headers,
          body,
          ignored: [],
        };
      }
      const { call: asked, ignored } = decoded();
      const encoded = parts.providerOf(target).encodeCall(asked, target.model);
      if (!encoded.ok) throw new FailureError(encoded.failure);
      const body = Buffer.from(JSON.stringify(encoded.body));
      return {
        path: toPath(target),
        headers: withoutDialect(call.headers),
        body,
        ignored: [...ignored, ...encoded.ignored],
      };
    },
  });
}

function decode({ callers }: ModelPlaneParts, { dialect, body }: PlaneCall, view: CallView) {
  if (typeof dialect === "object") return dialect;
  const decoded = callers[dialect].format.decodeCall(parseJson(toUpstreamBytes(body, view, view.model)));
  if (!decoded.ok) throw new FailureError(decoded.failure);
  return decoded;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Bytes that are no UTF-8 are refused too: in another dialect they could not reach the model as they are. */
function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body));
  } catch (cause) {
    throw new FailureError(toFailure("invalid_request", "the body is not valid JSON", { param: "body" }), { cause });
  }
}

/** What a header of one vendor says is of no use to another. */
function withoutDialect(headers: PlaneCall["headers"]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^(anthropic|openai|x-stainless)-/.test(name)));
}

function toSize(view: CallView) {
  const { textBytes: inputBytes, images, maxOutputTokens } = view;
  return { inputBytes, images, ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) };
}

/** Where the upstream has no count of its own. */
function toEstimatedCount({ view }: Routed): PlaneAnswer {
  const { inputTokens } = estimateReservation({ ...toSize(view), maxOutputTokens: 0 }, noPrice);
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ input_tokens: inputTokens });
  return { status: 200, headers, upstream: "gantry", ignored: [], body };
}

const noPrice = { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };

function lazily<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}
