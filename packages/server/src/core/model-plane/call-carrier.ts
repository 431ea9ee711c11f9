import { noUsage } from "@gantry/contracts/completion";
import type { ModelEvent } from "@gantry/contracts/model-call";
import type { Failure } from "@gantry/contracts/errors";
import type { AnswerFilter, CallStreamDecoder, CallStreamEncoder, TapReading, UsageTap } from "../ports/call-format.ts";
import { createEventGate } from "./event-gate.ts";
import type { AnswerWriter } from "./model-plane.ts";

/** Carries a streamed answer from the upstream to the client, and knows at any time what it has come to. */
export interface CallCarrier {
  /** What the client is to get for these bytes of the upstream. */
  push(bytes: Uint8Array): Uint8Array | string;
  /** The upstream has ended: what the client is still to be told. */
  finish(): Uint8Array | string | Promise<string>;
  /** An error in the client's dialect, as the answer's last word. */
  fail(failure: Failure): string | Promise<string>;
  read(): TapReading;
}

/** The bytes as they are, with an eye on them. An answer that breaks off is ended with an error of ours. */
export function createPassThrough(tap: UsageTap, encoder: CallStreamEncoder, filter?: AnswerFilter): CallCarrier {
  const gate = createEventGate();
  const filtered = (bytes: Uint8Array): Uint8Array => (filter === undefined ? bytes : filter.push(bytes));
  // What has gone on of an event that is not whole is ended, so that the error is one of its own.
  const apart = (error: string): string => (gate.isOpen && error !== "" ? `\n\n${error}` : error);

  return {
    push(bytes) {
      tap.push(bytes);
      return filtered(gate.push(bytes));
    },
    finish() {
      const { finished, error, stopReason } = tap.read();
      // Some servers end with the reason alone, and tell no figures.
      const isWhole = finished || error !== undefined || stopReason !== undefined;
      if (!isWhole) return apart(encoder.finish());
      return filter === undefined ? gate.rest : Buffer.concat([filter.push(gate.rest), filter.finish()]);
    },
    fail: (error) => apart(encoder.encode({ type: "call.failed", error, usage: tap.read().usage })),
    read: () => tap.read(),
  };
}

/** Before anything came. */
export const emptyReading: TapReading = {
  usage: noUsage,
  model: undefined,
  id: undefined,
  stopReason: undefined,
  finished: false,
  contentBytes: 0,
  error: undefined,
};

/** From one dialect to another. */
export function createTranslation(
  decoder: CallStreamDecoder,
  encoder: Pick<AnswerWriter, "encode" | "finish">,
): CallCarrier {
  let reading = emptyReading;
  const carry = (events: readonly ModelEvent[]): string =>
    events
      .map((event) => {
        reading = readEvent(reading, event);
        return encoder.encode(event);
      })
      .join("");
  return {
    push: (bytes) => carry(decoder.push(bytes)),
    finish: async () => carry(decoder.finish()) + (await encoder.finish()),
    async fail(error) {
      const told = encoder.encode({ type: "call.failed", error, usage: reading.usage });
      return told + (await encoder.finish());
    },
    read: () => reading,
  };
}

/** What an answer has come to with one more event. */
export function readEvent(reading: TapReading, event: ModelEvent): TapReading {
  switch (event.type) {
    case "call.started":
      return { ...reading, model: event.model, id: event.id, usage: event.usage ?? reading.usage };
    case "text.delta":
    case "thinking.delta":
      return { ...reading, contentBytes: reading.contentBytes + Buffer.byteLength(event.text) };
    case "tool_call.delta":
      return { ...reading, contentBytes: reading.contentBytes + Buffer.byteLength(event.arguments) };
    case "call.finished":
      return { ...reading, usage: event.usage, stopReason: event.reason, finished: true };
    case "call.failed":
      return { ...reading, usage: event.usage, error: event.error.message };
    default:
      return reading;
  }
}
