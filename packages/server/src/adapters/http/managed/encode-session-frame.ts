import type { ClosedReason, SessionFrame } from "../../../core/sessions/session-service.ts";

/** What a reader is told at the start, and where its stream is cut. */
export interface Notice {
  readonly type: "ok" | "gap" | "closed";
  readonly [field: string]: unknown;
}

export function toOpenedNotice(frame: Extract<SessionFrame, { type: "opened" }>): Notice {
  const { verdict, after, oldestSequence } = frame;
  const told = { type: verdict, after, oldest_sequence: oldestSequence };
  if (verdict === "ok") return told;
  const message = `Events before ${oldestSequence} are not kept any more: fetch the session, and go on from there.`;
  return { ...told, message };
}

const reasons: Readonly<Record<ClosedReason, string>> = {
  deleted: "The session was deleted.",
  slow_reader: "The reader took its events too slowly; it can go on where it was, by the sequence of its last event.",
  draining: "The server is shutting down; go on with the next one.",
  key_refused: "The key is no longer good for this: it was revoked, disabled or changed, or it has expired.",
  store_unavailable: "The store cannot be used at present; go on later.",
};

export function toClosedNotice(reason: ClosedReason): Notice {
  return { type: "closed", reason, message: reasons[reason] };
}

/**
 * A frame as server-sent events. The vendor's clients pass on every named event but `ping`, so what is not theirs goes out
 * under that name, unless the reader asked for it by naming where it wants to go on.
 */
export function encodeSessionFrame(frame: SessionFrame, asked: boolean): string {
  switch (frame.type) {
    case "opened": {
      const notice = toOpenedNotice(frame);
      return encode(asked ? notice.type : "ping", notice, frame.after);
    }
    case "event":
      return encode(frame.event.type, frame.event, frame.sequence);
    case "changed":
      return encode(frame.event.type, frame.event);
    case "preview":
      return encode(frame.preview.type, frame.preview);
    case "closed":
      return encodeClosed(frame.reason);
  }
}

/** Only what a client cannot mend by coming back makes the vendor's clients throw. */
function encodeClosed(reason: ClosedReason): string {
  if (reason === "slow_reader" || reason === "store_unavailable") {
    const error = { type: "overloaded_error", message: reasons[reason], details: { error_code: reason } };
    return encode("error", { type: "error", error });
  }
  if (reason === "key_refused") {
    const error = { type: "authentication_error", message: reasons[reason], details: { error_code: reason } };
    return encode("error", { type: "error", error });
  }
  return encode("ping", toClosedNotice(reason));
}

/** JSON has no line end in it, so one line of data is all. */
function encode(name: string, data: unknown, id?: number): string {
  return `event: ${name}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
