import { EventEmitter, once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createMessagesApi } from "../../packages/server/src/adapters/models/demo/messages-api.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";

/** One request as it came, and what was answered, byte for byte. */
export interface MessagesCall {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** What came of the body so far; all of it where a script is asked. */
  readonly body: Buffer;
  /** What was written so far. */
  readonly answer: string;
  /** How it ended for the upstream: all was sent, or the caller left, or the connection was cut, before. */
  readonly ended: Promise<"whole" | "cut">;
}

/** Answers a call in place of the demo model. */
export type MessagesScript = (call: MessagesCall, response: ServerResponse) => void | Promise<void>;

/** A Messages API on loopback, in the test's own process: the demo model, or whatever a test has it answer. */
export interface MessagesUpstream {
  readonly url: string;
  /** The calls for an answer, in the order in which they came. */
  readonly calls: readonly MessagesCall[];
  /** All requests, those for counts and models too. */
  readonly requests: readonly MessagesCall[];
  /** Requests are answered by the script from now on; by the demo model where none is given. */
  answerWith(script?: MessagesScript): void;
  /** Resolves with the call for an answer of this number, counted from 0, when it has come. */
  untilCall(index: number): Promise<MessagesCall>;
  /** Ends all connections. Rejects with what a script threw. */
  stop(): Promise<void>;
}

export async function startMessagesUpstream(): Promise<MessagesUpstream> {
  const demo = createMessagesApi({ clock: systemClock });
  const requests: MessagesCall[] = [];
  const calls: MessagesCall[] = [];
  const failures: unknown[] = [];
  const arrivals = new EventEmitter();
  let script: MessagesScript | undefined;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = record(request, response);
    requests.push(call);
    if (request.method === "POST" && /^\/v1\/messages(\?|$)/.test(call.url)) {
      calls.push(call);
      arrivals.emit("call");
    }
    if (script === undefined) return await demo(request, response);
    const chosen = script;
    await once(request, "end");
    await chosen(call, response);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      failures.push(error);
      response.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A TCP server's address is never a string.
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    requests,
    answerWith(next) {
      script = next;
    },
    async untilCall(index) {
      for (;;) {
        const call = calls[index];
        if (call !== undefined) return call;
        await once(arrivals, "call");
      }
    },
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      if (failures.length > 0) throw new AggregateError(failures, "The upstream failed.");
    },
  };
}

/** Listens in to both directions; whoever answers reads and writes as if nobody did. */
function record(request: IncomingMessage, response: ServerResponse): MessagesCall {
  const came: Buffer[] = [];
  request.on("data", (piece: Buffer) => came.push(piece));
  const written: Buffer[] = [];
  const note = (piece: unknown): void => {
    if (typeof piece === "string") written.push(Buffer.from(piece));
    else if (piece instanceof Uint8Array) written.push(Buffer.from(piece));
  };
  const write: (...args: Parameters<ServerResponse["write"]>) => boolean = response.write.bind(response);
  const end: (...args: Parameters<ServerResponse["end"]>) => ServerResponse = response.end.bind(response);
  // Both take more shapes of arguments than a type of one function can say.
  response.write = ((...args: Parameters<ServerResponse["write"]>) => {
    note(args[0]);
    return write(...args);
  }) as ServerResponse["write"];
  response.end = ((...args: Parameters<ServerResponse["end"]>) => {
    note(args[0]);
    return end(...args);
  }) as ServerResponse["end"];
  return {
    method: request.method ?? "",
    url: request.url ?? "",
    headers: request.headers,
    get body() {
      return Buffer.concat(came);
    },
    get answer() {
      return Buffer.concat(written).toString();
    },
    ended: observeEnd(response),
  };
}

async function observeEnd(response: ServerResponse): Promise<"whole" | "cut"> {
  await once(response, "close");
  return response.writableFinished ? "whole" : "cut";
}
