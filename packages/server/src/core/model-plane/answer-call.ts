import { FailureError, type Failure } from "@gantry/contracts/errors";
import type { ModelEvent } from "@gantry/contracts/model-call";
import type {
  AnswerFilter,
  AnswerHead,
  CallerFormat,
  ProviderFormat,
  TapReading,
  UsageTap,
} from "../ports/call-format.ts";
import type { Clock } from "../ports/clock.ts";
import type { Attempted, Target } from "../upstreams/target.ts";
import { type CallCarrier, createPassThrough, createTranslation, emptyReading, readEvent } from "./call-carrier.ts";
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
    const tap = parts.callers[target.dialect].openTap(false);
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
  return JSON.stringify(await encodeWhole(parts, answered, events));
}

async function encodeWhole(
  parts: AnswerParts,
  answered: AnsweredCall,
  events: readonly ModelEvent[],
): Promise<unknown> {
  const { dialect } = answered.call;
  if (typeof dialect === "string") {
    const { format, createId } = parts.callers[dialect];
    return format.encodeAnswer(events, toHead(parts, answered, createId()));
  }
  for (const event of events) dialect.answer.encode(event);
  await dialect.answer.finish();
  return dialect.answer.body();
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
  const carrier = openCarrier(parts, answered);
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

function openCarrier(parts: AnswerParts, answered: AnsweredCall): CallCarrier {
  const { call, view, attempted } = answered;
  const { target } = attempted;
  const openDecoder = () => parts.providerOf(target).openDecoder();
  if (typeof call.dialect === "object") return createTranslation(openDecoder(), call.dialect.answer);
  const { format, createId, openTap, openUsageFilter } = parts.callers[call.dialect];
  const { includeUsage } = view;
  const encoder = format.openEncoder({ ...toHead(parts, answered, createId()), includeUsage });
  return target.dialect === call.dialect
    ? createPassThrough(openTap(true), encoder, includeUsage ? undefined : openUsageFilter?.())
    : createTranslation(openDecoder(), encoder);
}

function toHead({ clock }: AnswerParts, { view }: AnsweredCall, id: string): AnswerHead {
  return { id, created: Math.floor(clock.epoch() / 1000), model: view.model };
}
