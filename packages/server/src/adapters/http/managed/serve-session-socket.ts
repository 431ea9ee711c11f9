import { toActor } from "../../../core/control/actor.ts";
import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import { previewTypes } from "@gantry/contracts/session-events";
import { hash } from "node:crypto";
import type { WebSocket } from "ws";
import { z } from "zod";
import { type Principal } from "../../../core/access/principal.ts";
import type { SessionFrame, SubscribeOptions } from "../../../core/sessions/session-service.ts";
import { checkInput } from "../admin/check-input.ts";
import { toClosedNotice, toOpenedNotice } from "./encode-session-frame.ts";
import { keepBeating } from "../sockets/keep-beating.ts";
import { awaitFirstFrame, openingMs } from "../sockets/opening.ts";
import { tell } from "../sockets/tell.ts";
import { sequenceField } from "./managed-query-fields.ts";
import type { SessionSocketParts } from "./create-session-sockets.ts";
import { type OpeningFrame, openingFrame, readFrame, refOf, sendFrame } from "./socket-frames.ts";

/** One connection that was taken over. */
export interface SessionConnection {
  readonly id: string;
  readonly address: string | null;
  readonly query: URLSearchParams;
  /** Undefined where the first frame is to say who it is. */
  readonly principal: Principal | undefined;
  /** Rejects with a `FailureError` for a key that may not see the session. */
  admit(key: string): Promise<Principal>;
}

/** By RFC 6455: going away, unacceptable, policy violation, broken inside, try again later. */
const codes = { away: 1001, malformed: 1007, refused: 1008, broken: 1011, later: 1013 } as const;

/** Serves a client until it leaves or is cut. Never rejects. */
export async function serveSessionSocket(
  parts: SessionSocketParts,
  client: WebSocket,
  connection: SessionConnection,
): Promise<void> {
  const leaving = new AbortController();
  client.on("close", () => leaving.abort());
  // What breaks a connection closes it, and that is all there is to know.
  client.on("error", () => client.terminate());
  const stopBeating = keepBeating(parts, client);
  try {
    const { principal, options } = await open(parts, client, connection);
    const frames = await parts.sessions.subscribe(principal, connection.id, options, leaving.signal);
    takeInputs(parts, client, { ...connection, principal });
    let code: number = codes.away;
    for await (const frame of frames) {
      if (frame.type === "closed" && frame.reason === "key_refused") code = codes.refused;
      await write(parts, client, frame);
    }
    client.close(code);
  } catch (error) {
    if (!(error instanceof FailureError)) parts.log.error({ err: error }, "a connection failed inside");
    const failure = error instanceof FailureError ? error.failure : toFailure("internal");
    tellFailure(parts, client, failure, undefined);
    client.close(error instanceof FailureError ? codes.refused : codes.broken);
  } finally {
    stopBeating();
    // The goodbye of the other side is still to be read.
    client.resume();
    // Who does not answer a goodbye is not waited for.
    const cancel = parts.clock.after(openingMs, () => client.terminate());
    client.once("close", cancel);
  }
}

async function open(
  parts: SessionSocketParts,
  client: WebSocket,
  { principal, query, admit }: SessionConnection,
): Promise<{ principal: Principal; options: SubscribeOptions }> {
  if (principal !== undefined) return { principal, options: toOptions(readQuery(query)) };
  const { data, isBinary } = await awaitFirstFrame(client, parts.clock);
  const first = readFrame(openingFrame, data, isBinary);
  return { principal: await admit(first.key), options: toOptions(first) };
}

function readQuery(query: URLSearchParams): Omit<OpeningFrame, "type" | "key"> {
  const schema = z.strictObject({
    after: sequenceField.optional(),
    event_deltas: z.array(z.enum(previewTypes)).max(10),
  });
  const after = query.get("after");
  const event_deltas = [...query.getAll("event_deltas[]"), ...query.getAll("event_deltas")];
  return checkInput(schema, { event_deltas, ...(after !== null && { after }) }, "query");
}

function toOptions({ after, event_deltas = [] }: Omit<OpeningFrame, "type" | "key">): SubscribeOptions {
  return { previews: event_deltas, ...(after !== undefined && { after }) };
}

/** One frame is taken up after the other; meanwhile the client is not read. */
function takeInputs(
  parts: SessionSocketParts,
  client: WebSocket,
  connection: SessionConnection & { readonly principal: Principal },
): void {
  const { principal, address, id } = connection;
  const caller = { principal, actor: toActor(principal, address) };
  client.on("message", (data: Buffer, isBinary: boolean) => {
    // After the last frame nothing is taken any more.
    if (client.readyState !== client.OPEN) return;
    client.pause();
    const work = async (): Promise<void> => {
      const { ref, events, idempotency_key: key } = readFrame(sendFrame, data, isBinary);
      const claim = key === undefined ? undefined : { key, digest: hash("sha256", JSON.stringify(events)) };
      const stored = await parts.sessions.send(caller, id, events, claim);
      await tell(parts, client, { type: "sent", ...(ref !== undefined && { ref }), data: stored });
    };
    work()
      .catch((error: unknown) => {
        if (!(error instanceof FailureError)) parts.log.error({ err: error }, "a frame failed inside");
        const failure = error instanceof FailureError ? error.failure : toFailure("internal");
        tellFailure(parts, client, failure, isBinary ? undefined : refOf(data));
      })
      .finally(() => client.resume());
  });
  client.resume();
}

function write(parts: SessionSocketParts, client: WebSocket, frame: SessionFrame): Promise<void> {
  switch (frame.type) {
    case "opened":
      return tell(parts, client, toOpenedNotice(frame));
    case "event":
    case "changed":
      return tell(parts, client, frame.event);
    case "preview":
      return tell(parts, client, frame.preview);
    case "closed":
      return tell(parts, client, toClosedNotice(frame.reason));
  }
}

function tellFailure(parts: SessionSocketParts, client: WebSocket, failure: Failure, ref: string | undefined): void {
  const body = parts.encodeError(failure).body as Record<string, unknown>; // An object in every encoding.
  void tell(parts, client, { ...body, ...(ref !== undefined && { ref }) });
}
