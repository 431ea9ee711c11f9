import { FailureError, type Failure } from "@gantry/contracts/errors";
import type {
  AnswerFilter,
  CallerFormat,
  CallStreamEncoder,
  ProviderFormat,
  TapReading,
  UsageTap,
} from "../ports/call-format.ts";
import type { Clock } from "../ports/clock.ts";
import type { Attempted, Target } from "../upstreams/target.ts";
import { createPassThrough, createTranslation, emptyReading, readEvent } from "./call-carrier.ts";
import type { CallPayment } from "./call-payer.ts";
import { toTokens, carryAnswer, isCut, readWhole } from "./carry-answer.ts";
import { nothingSpent } from "../budgets/billing.ts";
import type { CallerDialect, PlaneAnswer, PlaneCall } from "./model-plane.ts";
import type { CallView } from "./scan-call-body.ts";

export interface AnswerParts {
  readonly callers: Readonly<Record<CallerDialect, CallerDialectParts>>;
  /** Upstreams of one dialect differ in what they take. */
  readonly providerOf: (target: Target) => ProviderFormat;
  readonly clock: Clock;
}

export interface CallerDialectParts {
  readonly format: CallerFormat;
  /** An id as the dialect's answers have them. */
  readonly createId: () => string;
  /** For answers that come in this dialect already. */
  openTap(streamed: boolean): UsageTap;
  /** Where clients must ask for the figures of a stream: takes them out again for those that did not. */
  openUsageFilter?(): AnswerFilter;
}

/** A call that an upstream has begun to answer. */
export interface AnsweredCall {
  readonly call: PlaneCall;
  readonly view: CallView;
  /** On the monotonic clock. */
  readonly startedAt: number;
  readonly payment: CallPayment;
  readonly attempted: Attempted;
}

/** Turns what the upstream answers into what the client gets. Rejects with a `FailureError` where that is an error of ours. */
export async function toAnswer(parts: AnswerParts, answered: AnsweredCall): Promise<PlaneAnswer> {
  const { view, attempted } = answered;
  const { target, response, ignored } = attempted;
  const head = { status: response.status, upstream: target.upstream.name, ignored };
  if (response.status >= 300) {
    const refusal = await readRefusal(parts, answered);
    return { ...head, headers: response.headers, body: refusal };
  }
  if (!view.stream) {
    const body = await readAnswer(parts, answered);
    return { ...head, headers: { ...response.headers, "content-type": "application/json" }, body };
  }
  const headers = { ...response.headers, "content-type": "text/event-stream; charset=utf-8" };
  return { ...head, headers, body: streamAnswer(parts, answered) };
}

/**
 * An upstream's error goes on as it came where the client speaks its dialect. That it refused our own credential is no
 * word to a client, whose key is good; only an agent of the server's own is told, whose driver reports it.
 */
async function readRefusal(parts: AnswerParts, answered: AnsweredCall): Promise<Uint8Array> {
  const { call, payment, attempted, startedAt } = answered;
  const { response, target } = attempted;
  const text = await readWhole(response.body).finally(attempted.end);
  const isOurs = response.status === 401 || response.status === 403;
  const goesOn = target.dialect === call.dialect && (call.fromOwnAgent || !isOurs);
  const failure = goesOn ? undefined : toFailure(parts, attempted, text);
  await payment.settle({ ...nothingSpent, outcome: "failed", failure, latencyMs: parts.clock.now() - startedAt });
  if (failure === undefined) return text;
  throw new FailureError(failure);
}

function toFailure({ providerOf }: AnswerParts, { target, response }: Attempted, text: Buffer): Failure {
  return providerOf(target).decodeError(response.status, response.headers, text.toString("utf8"));
}

async function readAnswer(parts: AnswerParts, answered: AnsweredCall): Promise<Uint8Array | string> {
  const { call, payment, attempted, startedAt } = answered;
  const { target, response } = attempted;
  const bytes = await readWhole(response.body).finally(attempted.end);
  const latencyMs = (): number => parts.clock.now() - startedAt;
  const settle = (reading: TapReading, failure?: Failure): Promise<void> =>
    payment.settle({
      model: target.model,
      failure,
      outcome: reading.error !== undefined ? "failed" : isCut(reading) ? "cut" : "completed",
      tokens: toTokens(reading, payment.inputTokens),
      costMicros: undefined,
      firstTokenMs: latencyMs(),
      latencyMs: latencyMs(),
    });
  if (target.dialect === call.dialect) {
    const tap = parts.callers[call.dialect].openTap(false);
    tap.push(bytes);
    await settle(tap.read());
    return bytes;
  }
  const events = parts.providerOf(target).decodeAnswer(parseOrNothing(bytes));
  const reading = events.reduce(readEvent, emptyReading);
  const last = events.at(-1);
  const failure = last?.type === "call.failed" ? last.error : undefined;
  await settle(reading, failure);
  if (failure !== undefined) throw new FailureError(failure);
  const { format } = parts.callers[call.dialect];
  return JSON.stringify(format.encodeAnswer(events, toHead(parts, answered)));
}

function parseOrNothing(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

function streamAnswer(parts: AnswerParts, answered: AnsweredCall): AsyncIterable<Uint8Array | string> {
  const { call, view, payment, attempted, startedAt } = answered;
  const { target, response } = attempted;
  const encoder = openEncoder(parts, answered);
  const caller = parts.callers[call.dialect];
  const carrier =
    target.dialect === call.dialect
      ? createPassThrough(caller.openTap(true), encoder, view.includeUsage ? undefined : caller.openUsageFilter?.())
      : createTranslation(parts.providerOf(target).openDecoder(), encoder);
  return carryAnswer({
    bytes: response.body,
    carrier,
    payment,
    maxOutputTokens: view.maxOutputTokens,
    model: target.model,
    startedAt,
    clock: parts.clock,
    signal: call.signal,
    end: attempted.end,
  });
}

function openEncoder(parts: AnswerParts, answered: AnsweredCall): CallStreamEncoder {
  const { call, view } = answered;
  return parts.callers[call.dialect].format.openEncoder({
    ...toHead(parts, answered),
    includeUsage: view.includeUsage,
  });
}

function toHead({ callers, clock }: AnswerParts, { call, view }: AnsweredCall) {
  return { id: callers[call.dialect].createId(), created: Math.floor(clock.epoch() / 1000), model: view.model };
}
