import { previewTypes } from "@gantry/contracts/session-events";
import { sessionInputs } from "@gantry/contracts/session-inputs";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { z } from "zod";
import { checkLeniently } from "./check-leniently.ts";

/** What a client says over a socket, one JSON object a frame. */

export const openingFrame = z.strictObject({
  type: z.literal("authenticate"),
  key: z.string().min(1).max(500),
  /** Sequence of the last event that the client has; 0 for all. */
  after: z.int().min(0).optional(),
  event_deltas: z.array(z.enum(previewTypes)).max(previewTypes.length).optional(),
});
export type OpeningFrame = z.infer<typeof openingFrame>;

export const sendFrame = z.strictObject({
  type: z.literal("send"),
  /** Comes back with the answer. */
  ref: z.string().max(200).optional(),
  idempotency_key: z.string().min(1).max(255).optional(),
  events: sessionInputs.shape.events,
});

/** Throws a `FailureError`. */
export function readFrame<Schema extends z.ZodType>(schema: Schema, data: Buffer, isBinary: boolean): z.output<Schema> {
  if (isBinary) throw new FailureError(toFailure("invalid_request", "The frame: expected a text, got bytes."));
  let value: unknown;
  try {
    value = JSON.parse(data.toString());
  } catch (cause) {
    throw new FailureError(toFailure("invalid_request", "The frame is not valid JSON."), { cause });
  }
  return checkLeniently(schema, value, "frame").value;
}

/** The client's own mark of a frame, as far as it can be told. */
export function refOf(data: Buffer): string | undefined {
  try {
    const value: unknown = JSON.parse(data.toString());
    const ref = typeof value === "object" && value !== null && "ref" in value ? value.ref : undefined;
    return typeof ref === "string" ? ref.slice(0, 200) : undefined;
  } catch {
    return undefined;
  }
}
