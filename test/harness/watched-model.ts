import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describeRequest } from "../../packages/server/src/adapters/models/demo/echo.ts";
import { createMessagesApi, type RequestRecord } from "../../packages/server/src/adapters/models/demo/messages-api.ts";
import { parseMessagesRequest } from "../../packages/server/src/adapters/models/demo/messages-request.ts";
import { systemClock, type Clock } from "../../packages/server/src/core/ports/clock.ts";
import type { ClaudeVersion } from "./claude-versions.ts";
import { readEcho, type Echo } from "./echo.ts";

/** The demo model in the test's own process. Pass its `url` to `startGantry` as `upstream`. */
export interface WatchedModel {
  readonly url: string;
  /** How many calls for an answer have come, those included that are held back. */
  readonly arrived: number;
  /** Resolves when so many have come in all. */
  untilArrived(calls: number): Promise<void>;
  /** The calls for an answer that have been read, in their order. */
  calls(): readonly RequestRecord[];
  /** Lets so many more calls through and holds back those after them, until the function it gives is called. */
  holdBackAfter(calls: number): () => void;
  stop(): Promise<void>;
}

/** Where `pausesEnd` is given, every pause of the model (`[[demo:pace]]`, `[[demo:delay]]`) lasts until it resolves. */
export async function startWatchedModel({ pausesEnd }: { pausesEnd?: Promise<void> } = {}): Promise<WatchedModel> {
  const records: RequestRecord[] = [];
  const clock = pausesEnd === undefined ? systemClock : { ...systemClock, after: waitFor(pausesEnd) };
  const handle = createMessagesApi({ clock, onRequest: (record) => records.push(record) });
  const arrivals = new EventEmitter();
  let arrived = 0;
  let hold = { from: Infinity, released: Promise.resolve() };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (isAnswerCall(request)) {
      arrived += 1;
      arrivals.emit("arrived");
      if (arrived > hold.from) await hold.released;
    }
    await handle(request, response);
  }

  const server = createServer((request, response) => {
    // The failure is the caller's to see; whoever has left sees nothing.
    serve(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A TCP server's address is never a string.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get arrived() {
      return arrived;
    },
    async untilArrived(calls) {
      while (arrived < calls) await once(arrivals, "arrived");
    },
    calls: () => records.filter(isAnswerCall),
    holdBackAfter(calls) {
      const { promise, resolve } = Promise.withResolvers<void>();
      hold = { from: arrived + calls, released: promise };
      return () => {
        hold.from = Infinity;
        resolve();
      };
    },
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function waitFor(pausesEnd: Promise<void>): Clock["after"] {
  return (_ms, call) => {
    let cancelled = false;
    void pausesEnd.then(() => cancelled || call());
    return () => {
      cancelled = true;
    };
  };
}

function isAnswerCall({
  method,
  url = "",
}: {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}) {
  return method === "POST" && /^\/v1\/messages(\?|$)/.test(url);
}

/** What a call told the model, in the words of `[[demo:echo]]`, whatever its prompt asked for. */
export function toEcho(call: RequestRecord | undefined, version: ClaudeVersion): Echo {
  assert.ok(call, "the model was not called");
  const parsed = parseMessagesRequest(call.body);
  if ("problem" in parsed) assert.fail(parsed.problem);
  return readEcho(describeRequest(parsed.request), version);
}
