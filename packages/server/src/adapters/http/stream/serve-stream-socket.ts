import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { WebSocket } from "ws";
import type { Principal } from "../../../core/access/principal.ts";
import type { HttpParts } from "../http-parts.ts";
import { keepBeating } from "../sockets/keep-beating.ts";
import { awaitFirstFrame, openingMs } from "../sockets/opening.ts";
import { tell } from "../sockets/tell.ts";
import { type RunningStream, runStream, type RunStreamParts, toPublicFailure } from "./run-stream.ts";
import type { WriteFrame } from "./stream-chat.ts";
import { type ClientFrame, idOf, readClientFrame, toErrorFrame } from "./stream-frames.ts";

export interface StreamSocketParts extends RunStreamParts, Pick<HttpParts, "identify"> {
  /** How long a client may take nothing. */
  readonly stallMs: number;
}

type Sender = () => Promise<Principal>;

export interface StreamConnection {
  readonly address: string | null;
  /** Undefined where the first frame is to say who it is. Asked before each stream, so that a key that was taken back begins none. */
  readonly sender: Sender | undefined;
  toSender(key: string): Sender;
}

/** By RFC 6455: policy violation, broken inside. */
const codes = { refused: 1008, broken: 1011 } as const;
const mostStreams = 32;

/** Serves a client until it leaves or is cut. Never rejects. */
export async function serveStreamSocket(
  parts: StreamSocketParts,
  client: WebSocket,
  connection: StreamConnection,
): Promise<void> {
  const { clock, log } = parts;
  const leaving = new AbortController();
  const stopBeating = keepBeating(parts, client);
  client.once("close", () => {
    leaving.abort(new Error("the client left"));
    stopBeating();
  });
  // A frame that is too large, or none at all: the goodbye says which. Who does not answer it is not waited for.
  client.on("error", () =>
    client.once(
      "close",
      clock.after(openingMs, () => client.terminate()),
    ),
  );
  const write: WriteFrame = (frame) => tell(parts, client, frame);
  try {
    const opened = await open(parts, client, connection, write);
    takeFrames(parts, client, { ...opened, address: connection.address, leaving: leaving.signal, write });
  } catch (error) {
    await write(toErrorFrame(toPublicFailure(error, log)));
    client.close(error instanceof FailureError ? codes.refused : codes.broken);
    client.resume();
    client.once(
      "close",
      clock.after(openingMs, () => client.terminate()),
    );
  }
}

interface Opened {
  readonly sender: Sender;
  /** What the first frame asks for, besides saying who asks. */
  readonly first: { readonly frame: ClientFrame; readonly data: Buffer } | undefined;
}

async function open(
  parts: StreamSocketParts,
  client: WebSocket,
  { sender, toSender }: StreamConnection,
  write: WriteFrame,
): Promise<Opened> {
  if (sender !== undefined) return { sender, first: undefined };
  const { data, isBinary } = await awaitFirstFrame(client, parts.clock);
  const frame = readClientFrame(data, isBinary);
  if (frame.key === undefined) {
    const message = "No key was sent. Send it in the header `authorization`, or as `key` of the first frame.";
    throw new FailureError(toFailure("unauthorized", message));
  }
  const own = toSender(frame.key);
  await own();
  if (frame.type !== "authenticate") return { sender: own, first: { frame, data } };
  await write({ type: "authenticated" });
  return { sender: own, first: undefined };
}

interface Work extends Opened {
  readonly address: string | null;
  readonly leaving: AbortSignal;
  readonly write: WriteFrame;
}

/** One frame is taken up after the other; a client that does not read what it is told of them is not read either. */
function takeFrames(parts: StreamSocketParts, client: WebSocket, work: Work): void {
  const streams = new Map<string, RunningStream>();
  const take = (data: Buffer, isBinary: boolean): void => {
    client.pause();
    handle(parts, work, streams, data, isBinary)
      .catch(async (error: unknown) => {
        const id = idOf(data, isBinary);
        await work.write({ ...toErrorFrame(toPublicFailure(error, parts.log)), ...(id !== undefined && { id }) });
      })
      .finally(() => client.resume());
  };
  client.on("message", take);
  if (work.first === undefined) client.resume();
  else take(work.first.data, false);
}

async function handle(
  parts: StreamSocketParts,
  work: Work,
  streams: Map<string, RunningStream>,
  data: Buffer,
  isBinary: boolean,
): Promise<void> {
  const frame = readClientFrame(data, isBinary);
  const name = frame.id ?? "";
  switch (frame.type) {
    case "ping":
      return await work.write({ type: "pong", ...(frame.id !== undefined && { id: frame.id }) });
    case "authenticate":
      throw new FailureError(toFailure("conflict", "This connection has said who it is already."));
    case "cancel": {
      const found = streams.get(name);
      if (found === undefined) throw new FailureError(toFailure("not_found", "There is no such stream here."));
      return found.cancel();
    }
    case "agentic_task":
    case "chat": {
      refuseStream(streams, frame.id);
      const { address, sender, leaving, write } = work;
      const stream = runStream(parts, { frame, data, address, sender, leaving, write });
      streams.set(name, stream);
      void stream.done.finally(() => streams.delete(name));
    }
  }
}

function refuseStream(streams: ReadonlyMap<string, unknown>, id: string | undefined): void {
  if (streams.has(id ?? "")) {
    const which = id === undefined ? "A stream without an `id`" : "A stream of that `id`";
    throw new FailureError(toFailure("conflict", `${which} is open; give each its own, or wait for its end.`));
  }
  if (streams.size < mostStreams) return;
  throw new FailureError(
    toFailure("concurrency_limited", `A connection has at most ${mostStreams} streams at a time.`),
  );
}
