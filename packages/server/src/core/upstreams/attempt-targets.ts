import { FailureError, type Failure } from "@gantry/contracts/errors";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { UpstreamError, type UpstreamClient, type UpstreamResponse } from "../ports/upstream-client.ts";
import { beginAnswer, discardAnswer } from "./begin-answer.ts";
import { createCredentialChooser, type CredentialChooser } from "./choose-credential.ts";
import { createCallSlots, type CallSlot, type CallSlots } from "./create-call-slots.ts";
import { judgeAnswer, judgeBreak, toBackoffMs, type Judgement } from "./retry-policy.ts";
import type { Attempted, AttemptRequest, AttemptTargets, Exchange, Target } from "./target.ts";
import { toBrokenAnswer } from "./to-broken-answer.ts";
import { toUpstreamFailure } from "./to-upstream-failure.ts";
import type { UpstreamGuard } from "./upstream-guard.ts";
import { wait } from "./wait.ts";

export interface AttemptParts {
  readonly client: Pick<UpstreamClient, "send">;
  /** The one guard of the upstream of that name. */
  readonly guardOf: (upstream: string) => UpstreamGuard;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to below 1. */
  readonly random: () => number;
}

/** What stands before one upstream. */
interface Lane {
  readonly guard: UpstreamGuard;
  readonly slots: CallSlots;
  readonly credentials: CredentialChooser;
}

/** Lets everything through. */
const openGuard: UpstreamGuard = {
  refusal: () => undefined,
  admit: () => ({ succeed() {}, fail() {}, abandon() {} }),
  state: "closed",
};

/** One call at one target. */
interface Visit {
  readonly parts: AttemptParts;
  readonly lane: Lane;
  readonly request: AttemptRequest;
  readonly target: Target;
  readonly exchange: Exchange;
  /** Nobody else is left to ask, so that even an error is an answer. */
  readonly isLast: boolean;
}

/** A target that gave nothing to pass on. */
interface Miss {
  readonly failure: Failure;
  readonly cause?: unknown;
  /** The next target may be tried. */
  readonly elsewhere: boolean;
}

/**
 * Tries the targets in their order, each as often as its upstream's rules allow, until one has an answer that may be
 * passed on: with a good status once its first bytes are there, an error where trying on is of no use.
 */
export function createAttempts(parts: AttemptParts): AttemptTargets {
  const lanes = new Map<string, Lane>();

  function laneOf({ upstream: { name, entry, credentials } }: Target): Lane {
    const known = lanes.get(name);
    if (known !== undefined) return known;
    const lane = {
      guard: parts.guardOf(name),
      slots: createCallSlots(entry, parts.clock),
      credentials: createCredentialChooser(credentials, parts.clock),
    };
    lanes.set(name, lane);
    return lane;
  }

  return async (request) => {
    let miss: Miss | undefined;
    for (const [index, target] of request.targets.entries()) {
      const exchange = request.toExchange(target);
      const isLast = index === request.targets.length - 1;
      const known = laneOf(target);
      // Whoever tries again by itself has a guard of its own before it, and counts each failure once.
      const lane = request.once ? { ...known, guard: openGuard } : known;
      const outcome = await visit({ parts, lane, request, target, exchange, isLast });
      if ("response" in outcome) return outcome;
      miss = outcome;
      if (!miss.elsewhere) break;
    }
    if (miss === undefined) throw new Error("an attempt needs a target");
    throw new FailureError(miss.failure, { cause: miss.cause });
  };
}

/**
 * Keeps the slot from the first try to the answer's end, the waits between tries included: a troubled upstream is then
 * asked by the fewer, and none loses its place.
 */
async function visit(visited: Visit): Promise<Attempted | Miss> {
  const { lane, request } = visited;
  const refusal = lane.guard.refusal();
  if (refusal !== undefined) return { failure: refusal, elsewhere: true };
  const slot = await lane.slots.take(request.owner, request.signal);
  if ("code" in slot) return { failure: slot, elsewhere: true };
  try {
    request.signal.throwIfAborted();
    const outcome = await tryOften(visited);
    if ("status" in outcome) return toAttempted(visited, outcome, slot);
    slot.release();
    return outcome;
  } catch (error) {
    slot.release();
    throw error;
  }
}

async function tryOften(visited: Visit): Promise<UpstreamResponse | Miss> {
  const { parts, lane, request, target } = visited;
  const { entry, credentials } = target.upstream;
  let retriesLeft = request.once ? 0 : entry.retries;
  let othersLeft = credentials.length - 1;
  for (let waits = 0; ;) {
    const refusal = lane.guard.refusal();
    if (refusal !== undefined) return { failure: refusal, elsewhere: true };
    const credential = lane.credentials.choose(target.model);
    const outcome = await tryOnce(visited, credential);
    const { judgement } = outcome;
    if (judgement === undefined) return outcome.response;
    note(visited, outcome, judgement);
    if (credential !== undefined) restCredential(visited, credential, judgement);

    const hasOther = judgement.credential !== undefined && othersLeft > 0 && lane.credentials.hasRested(target.model);
    const mayRetry = judgement.again && retriesLeft > 0;
    const isFinal = !hasOther && !mayRetry;
    if (isFinal && outcome.response !== undefined && (visited.isLast || !judgement.elsewhere)) return outcome.response;
    if (outcome.response !== undefined) void discardAnswer(outcome.response, parts.clock);
    if (isFinal) return toMiss(outcome, judgement);
    if (hasOther) othersLeft -= 1;
    else {
      retriesLeft -= 1;
      waits += 1;
      await wait(toBackoffMs(waits, judgement.retryAfterMs, parts.random), parts.clock, request.signal);
    }
  }
}

type Tried =
  | { readonly response: UpstreamResponse; readonly judgement: undefined }
  | { readonly response: UpstreamResponse; readonly judgement: Judgement }
  | { readonly response: undefined; readonly judgement: Judgement; readonly error: UpstreamError };

async function tryOnce(
  { parts, lane, request, target, exchange }: Visit,
  credential: string | undefined,
): Promise<Tried> {
  const { path, headers, body } = exchange;
  const { signal } = request;
  const pass = lane.guard.admit();
  try {
    const sent = { upstream: target.upstream, credential, path, method: "POST", headers, body, signal } as const;
    const response = await parts.client.send(sent);
    if (response.status < 400) {
      const begun = await beginAnswer(response);
      pass.succeed();
      return { response: begun, judgement: undefined };
    }
    const judgement = judgeAnswer(response.status, response.headers);
    if (judgement.isIll) pass.fail(judgement.retryAfterMs);
    else pass.succeed();
    return { response, judgement };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof UpstreamError)) throw error;
    const judgement = judgeBreak(error);
    if (judgement.isIll) pass.fail();
    return { response: undefined, judgement, error };
  } finally {
    pass.abandon();
  }
}

const refusedRestMs = 60_000;
const limitedRestMs = 5_000;
const longestRestMs = 3_600_000;

/** A limit, and what a key may not do, may be of the one model alone. */
function restCredential({ lane, target }: Visit, credential: string, judgement: Judgement): void {
  if (judgement.credential === "wrong") lane.credentials.rest(credential, refusedRestMs);
  if (judgement.credential === "forbidden") lane.credentials.rest(credential, refusedRestMs, target.model);
  if (judgement.credential !== "limited") return;
  const ms = Math.min(judgement.retryAfterMs ?? limitedRestMs, longestRestMs);
  lane.credentials.rest(credential, ms, target.model);
}

function toMiss(outcome: Tried, { elsewhere, retryAfterMs }: Judgement): Miss {
  if (outcome.response === undefined) {
    return { failure: toBrokenAnswer(outcome.error, false), cause: outcome.error, elsewhere };
  }
  return { failure: toUpstreamFailure({ status: outcome.response.status, retryAfterMs }), elsewhere };
}

/** What is the request's own fault is no news to the operator; a credential that is wrong is for nobody else. */
function note({ parts, target }: Visit, outcome: Tried, { credential, elsewhere, again }: Judgement): void {
  const what = outcome.response === undefined ? { err: outcome.error } : { status: outcome.response.status };
  const fields = { upstream: target.upstream.name, model: target.model, ...what };
  if (credential === "wrong") parts.log.warn(fields, "an upstream does not know one of its keys");
  else if (outcome.response === undefined || elsewhere || again)
    parts.log.info(fields, "an upstream failed a model call");
}

function toAttempted({ request, target, exchange }: Visit, response: UpstreamResponse, slot: CallSlot): Attempted {
  const { signal } = request;
  const iterator = response.body[Symbol.asyncIterator]();
  const end = (): void => {
    signal.removeEventListener("abort", end);
    slot.release();
    void iterator.return?.();
  };
  // Whoever leaves may never have begun to read.
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  const body = { [Symbol.asyncIterator]: () => iterator };
  return { target, response: { ...response, body }, ignored: exchange.ignored, end };
}
