import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createAnswerReader } from "./answer-reader.ts";

/** Where requests go, and what they carry besides their body. */
export interface CallTarget {
  /** Without a slash at its end. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Milliseconds from the sending of a request. */
export interface CallTimes {
  /** To the first byte of the answer's body. */
  readonly firstByteMs: number;
  /** To its last. */
  readonly ms: number;
}

export interface CallOptions {
  /** What the answer must be. */
  readonly answer?: Buffer;
  /** How it must begin, where no more than that is known of it. */
  readonly begins?: Buffer;
  readonly onFirstByte?: () => void;
}

/** One connection, which stays open. */
export interface Caller {
  /** Sends a request made by {@link toRequest}. Rejects where the answer is not the one that must come. One at a time. */
  call(request: Buffer, options?: CallOptions): Promise<CallTimes>;
  /** Cuts the connection, whatever is under way; a call that is, rejects. */
  close(): void;
}

const shownBytes = 500;

/** A whole request in bytes, so that it need not be made anew each time. */
export function toRequest({ url, headers }: CallTarget, body: Buffer): Buffer {
  const fields = {
    host: new URL(url).host,
    ...headers,
    "content-type": "application/json",
    "content-length": String(body.length),
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST /v1/messages HTTP/1.1\r\n${lines.join("")}\r\n`), body]);
}

interface Call {
  readonly startedAt: number;
  readonly options: CallOptions;
  readonly resolve: (times: CallTimes) => void;
  readonly reject: (error: Error) => void;
  firstByteMs: number | undefined;
  status: number;
  /** Bytes of the body so far. */
  length: number;
  isRight: boolean;
  /** The beginning of an answer that is not as it should be. */
  shown: string;
}

/** Opens a connection. Rejects where nobody listens. */
export async function openCaller({ url }: CallTarget): Promise<Caller> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, "connect");
  return createCaller(socket);
}

function createCaller(socket: Socket): Caller {
  let current: Call | undefined;

  function fail(error: Error): void {
    const call = current;
    current = undefined;
    call?.reject(error);
  }

  const reader = createAnswerReader({
    onHead(status) {
      if (current === undefined) throw new Error("An answer came that nobody asked for.");
      current.status = status;
    },
    onBody(piece) {
      if (current === undefined) return;
      note(current, piece);
    },
    onEnd() {
      const call = current;
      current = undefined;
      if (call !== undefined) finish(call);
    },
  });
  socket.on("data", (bytes: Buffer) => {
    try {
      reader.push(bytes);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  socket.on("error", fail);
  socket.on("close", () => fail(new Error("The connection was closed.")));

  return {
    call(request, options = {}) {
      if (current !== undefined) return Promise.reject(new Error("One call at a time."));
      return new Promise((resolve, reject) => {
        const startedAt = performance.now();
        const fresh = { firstByteMs: undefined, status: 0, length: 0, isRight: true, shown: "" };
        current = { startedAt, options, resolve, reject, ...fresh };
        socket.write(request);
      });
    },
    close: () => void socket.destroy(),
  };
}

function note(call: Call, piece: Buffer): void {
  const { startedAt, options } = call;
  if (call.firstByteMs === undefined) {
    call.firstByteMs = performance.now() - startedAt;
    options.onFirstByte?.();
  }
  if (call.status !== 200 || !isAsWanted(call, piece)) call.isRight = false;
  if (!call.isRight && call.shown.length < shownBytes) call.shown += piece.toString("utf8", 0, shownBytes);
  call.length += piece.length;
}

function isAsWanted({ options: { answer, begins }, length }: Call, piece: Buffer): boolean {
  if (answer !== undefined) return answer.subarray(length, length + piece.length).equals(piece);
  const wanted = begins?.subarray(length, length + piece.length);
  return wanted === undefined || piece.subarray(0, wanted.length).equals(wanted);
}

function finish({ startedAt, options, resolve, reject, firstByteMs, status, length, isRight, shown }: Call): void {
  const isWhole = options.answer === undefined || options.answer.length === length;
  if (isRight && isWhole && firstByteMs !== undefined) {
    resolve({ firstByteMs, ms: performance.now() - startedAt });
    return;
  }
  reject(new Error(`A wrong answer came (HTTP ${status}, ${length} bytes): ${JSON.stringify(shown)}`));
}
