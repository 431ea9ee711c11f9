import type { Failure } from "@gantry/contracts/errors";
import type { ModelCall, ModelEvent } from "@gantry/contracts/model-call";
import type { BilledUsage } from "../budgets/price-table.ts";
import type { EncodedError } from "./wire-format.ts";

/** The client's half of a dialect of model calls: requests come in it and answers go out in it. Pure. */
export interface CallerFormat {
  /** Never throws. `body` is the parsed JSON. */
  decodeCall(body: unknown): DecodedCall | { readonly ok: false; readonly failure: Failure };
  /** A whole answer as the JSON body, from all of its events. The last is `call.finished`. */
  encodeAnswer(events: readonly ModelEvent[], head: AnswerHead): unknown;
  openEncoder(head: AnswerHead & { readonly includeUsage: boolean }): CallStreamEncoder;
  encodeError(failure: Failure): EncodedError;
}

export interface DecodedCall {
  readonly ok: true;
  readonly call: ModelCall;
  readonly includeUsage: boolean;
  /** What was accepted and cannot be carried over; safe for a header. */
  readonly ignored: readonly string[];
}

/** What an answer says of itself besides its content. */
export interface AnswerHead {
  /** In the dialect's own manner. */
  readonly id: string;
  /** Epoch seconds. */
  readonly created: number;
  /** The model's name as the client asked for it. */
  readonly model: string;
}

/** A state machine: events in, text of server-sent events out. */
export interface CallStreamEncoder {
  encode(event: ModelEvent): string;
  /** After the last event: what the client is still to be told. An answer without its last event ends in an error. */
  finish(): string;
}

/** The upstream's half: calls go out in it and answers come back in it. Pure. */
export interface ProviderFormat {
  /** The body for the upstream. `ignored` names what the dialect cannot carry; a failure where dropping it would change what is asked. */
  encodeCall(
    call: ModelCall,
    model: string,
  ):
    | { readonly ok: true; readonly body: unknown; readonly ignored: readonly string[] }
    | { readonly ok: false; readonly failure: Failure };
  /** A whole answer. Never throws: what cannot be read ends in `call.failed`. */
  decodeAnswer(body: unknown): readonly ModelEvent[];
  openDecoder(): CallStreamDecoder;
  /** What an answer with an error status says. `headers` in lower case. */
  decodeError(status: number, headers: Readonly<Record<string, string>>, body: string): Failure;
}

/** A state machine over the bytes of an answer's stream, however they are split. */
export interface CallStreamDecoder {
  push(bytes: Uint8Array): readonly ModelEvent[];
  /** The stream has ended: a `call.failed` where its last word is missing, else nothing. */
  finish(): readonly ModelEvent[];
}

/** Takes out of a stream that is passed on what was asked for by us alone. */
export interface AnswerFilter {
  push(bytes: Uint8Array): Uint8Array;
  /** The stream has ended: what was still held back. */
  finish(): Uint8Array;
}

/** Reads the figures of an answer that is passed on as it is, without changing or delaying it. */
export interface UsageTap {
  push(bytes: Uint8Array): void;
  /** What was seen so far. `finished` where the answer's last word was among it; `outputBytes` of text where no figure came. */
  read(): TapReading;
}

export interface TapReading {
  readonly usage: BilledUsage;
  readonly model: string | undefined;
  /** The upstream's id of the answer. */
  readonly id: string | undefined;
  readonly stopReason: string | undefined;
  readonly finished: boolean;
  /** Bytes of content that came, for an estimate while the upstream has told no figure of the output. */
  readonly contentBytes: number;
  /** An error that came in the stream. */
  readonly error: string | undefined;
}
