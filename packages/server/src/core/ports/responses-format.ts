import type { Failure } from "@gantry/contracts/errors";
import type { ModelCall, ModelEvent } from "@gantry/contracts/model-call";

/** An item of a conversation as the Responses API has it: what a client said, or what the model did. */
export interface ResponseItem {
  readonly id: string;
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A whole `response` object, with all that a later response may need of it; see `ResponsesFormat.show`. */
export interface ResponseBody {
  readonly id: string;
  readonly status: "queued" | "in_progress" | "completed" | "incomplete" | "failed" | "cancelled";
  readonly output: readonly ResponseItem[];
  readonly [field: string]: unknown;
}

/** OpenAI's Responses API, as its clients speak it. Pure. */
export interface ResponsesFormat {
  /** A new id of a response. */
  createId(): string;
  /** The response that an item stands in, by the item's id; undefined where it is none of ours. */
  toResponseId(itemId: string): string | undefined;
  /** Never throws. */
  decode(body: unknown): DecodedResponse | { readonly ok: false; readonly failure: Failure };
  /** What a client is shown of a response that was kept. `include` as the client names it. */
  show(body: ResponseBody, include: readonly string[]): ResponseBody;
  /** A response that was kept, with another status: its output stands as it is. */
  close(body: ResponseBody, status: "cancelled" | "failed", failure?: Failure): ResponseBody;
}

/** A request, read but for its conversation, of which a part may be kept in the store. */
export interface DecodedResponse {
  readonly ok: true;
  readonly stream: boolean;
  readonly stored: boolean;
  readonly background: boolean;
  readonly include: readonly string[];
  /** Of the response that this one goes on from. */
  readonly previousId: string | undefined;
  /** Ids of items of earlier responses that the input names instead of holding them. */
  readonly references: readonly string[];
  /** Never throws. */
  read(context: ResponseContext): ReadResponse | { readonly ok: false; readonly failure: Failure };
}

export interface ResponseContext {
  readonly responseId: string;
  /** The conversation up to this request, oldest first. */
  readonly earlier: readonly ResponseItem[];
  findItem(id: string): ResponseItem | undefined;
}

export interface ReadResponse {
  readonly ok: true;
  readonly call: ModelCall;
  /** The request's own input, to be kept with its response. */
  readonly items: readonly ResponseItem[];
  /** What was accepted and not honoured; safe for a header. */
  readonly ignored: readonly string[];
  /** By which field the client named its own user. */
  readonly endUserField: string;
  /** `createdAt` in epoch seconds, as `now` tells them. */
  openAnswer(head: { readonly model: string; readonly createdAt: number; now(): number }): ResponseAnswer;
}

/** One answer as it grows. A state machine: events in, text of server-sent events out. */
export interface ResponseAnswer {
  encode(event: ModelEvent): string;
  /** The last event, once everything is kept that is to be. An answer without its last word ends as failed. */
  finish(): string;
  /** In the place of `finish`: a failure of ours. */
  breakOff(failure: Failure): string;
  /** As it stands now. */
  body(): ResponseBody;
}
