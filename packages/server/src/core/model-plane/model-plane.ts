import type { ModelCall, ModelEvent } from "@gantry/contracts/model-call";
import type { Principal } from "../access/principal.ts";
import type { CallPayer } from "./call-payer.ts";

/** In which dialect a client speaks, and what it asks. */
export type CallerDialect = "anthropic-messages" | "openai-chat";

/**
 * A call in a dialect that is never passed on as it came, since part of it lies with us: it was read, and its answer is written, by
 * whoever makes the call.
 */
export interface ReadCall {
  readonly call: ModelCall;
  /** What was accepted and not honoured. */
  readonly ignored: readonly string[];
  readonly answer: AnswerWriter;
}

export interface AnswerWriter {
  /** Text for the stream; empty for an answer that is wanted whole. */
  encode(event: ModelEvent): string;
  /** After the last event, once it is paid for. Rejects with a `FailureError`, which a stream may not. */
  finish(): string | Promise<string>;
  /** The whole answer, to be told as JSON. */
  body(): unknown;
}

/** Calls of models, by clients and by the agents themselves: passed on to the upstream that serves them. */
export interface ModelPlane {
  /**
   * Finds the upstream, sets the cost aside, and starts the answer. Rejects with a `FailureError`: `insufficient_scope`,
   * `forbidden`, `model_not_found`, `budget_exceeded`, `rate_limited`, `queue_full`, `upstream_…`.
   */
  call(request: PlaneCall): Promise<PlaneAnswer>;
  /** The upstream's count of a call's input, or an estimate where it has no such count. Costs nothing. */
  countTokens(request: PlaneCall): Promise<PlaneAnswer>;
  /** Embeddings of an upstream of OpenAI's API, in whose dialect the call is; billed as {@link call} is. Rejects likewise. */
  embed(request: PlaneCall): Promise<PlaneAnswer>;
}

export interface PlaneCall {
  /** Bills the call once. */
  readonly callId: string;
  readonly principal: Principal;
  readonly payer: CallPayer;
  readonly dialect: CallerDialect | ReadCall;
  /** The agent of the server's own tries again by itself, and is shown each failure as it is. */
  readonly fromOwnAgent: boolean;
  /** With its `?`; empty where there is none. */
  readonly query: string;
  /** The client's, in lower case; the upstream client passes on what may be passed on. */
  readonly headers: Readonly<Record<string, string>>;
  /** As it came; of a call that was read, its JSON, by which its price is estimated. */
  readonly body: Uint8Array;
  /** Ends the call at the upstream too. */
  readonly signal: AbortSignal;
}

export interface PlaneAnswer {
  readonly status: number;
  /** For the client, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Name of the upstream that answers. */
  readonly upstream: string;
  /** What could not be carried over to its dialect. */
  readonly ignored: readonly string[];
  /** Whole, or in its pieces as they come: to be iterated once; leaving early ends the call. Throws nothing but bugs. */
  readonly body: Uint8Array | string | AsyncIterable<Uint8Array | string>;
}
