import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import { z } from "zod";
import { checkInput } from "../admin/check-input.ts";

/** What a client says over the streaming socket, one JSON object a frame. */

const key = z.string().min(1).max(500);

const clientFrame = z.looseObject({
  type: z.enum(["authenticate", "chat", "agentic_task", "cancel", "ping"]),
  /** The client's own name of a stream; what belongs to it carries it. */
  id: z.string().min(1).max(200).optional(),
  key: key.optional(),
  api_key: key.optional(),
});

export interface ClientFrame {
  readonly type: z.output<typeof clientFrame>["type"];
  readonly id: string | undefined;
  readonly key: string | undefined;
  /** All other fields. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Throws a `FailureError`. */
export function readClientFrame(data: Buffer, isBinary: boolean): ClientFrame {
  if (isBinary) throw new FailureError(toFailure("invalid_request", "The frame: expected a text, got bytes."));
  const { type, id, key: own, api_key: former, ...body } = checkInput(clientFrame, parse(data), "frame");
  return { type, id, key: own ?? former, body };
}

/** The name of the stream that a frame is about, as far as it can be told. */
export function idOf(data: Buffer, isBinary: boolean): string | undefined {
  try {
    const value: unknown = isBinary ? undefined : JSON.parse(data.toString());
    const id = typeof value === "object" && value !== null && "id" in value ? value.id : undefined;
    return typeof id === "string" ? id.slice(0, 200) : undefined;
  } catch {
    return undefined;
  }
}

function parse(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString());
  } catch (cause) {
    throw new FailureError(toFailure("invalid_request", "The frame is not valid JSON."), { cause });
  }
}

/** What a client is told of a failure. */
export function toErrorFrame({ message, code, param, retryAfterMs }: Failure): Readonly<Record<string, unknown>> {
  return {
    type: "error",
    error: message,
    code,
    ...(param !== undefined && { param }),
    ...(retryAfterMs !== undefined && { retry_after: Math.ceil(retryAfterMs / 1000) }),
  };
}
