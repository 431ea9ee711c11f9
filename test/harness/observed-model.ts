import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createMessagesApi } from "../../packages/server/src/adapters/models/demo/messages-api.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";

/** One call as the model sees it. */
export interface ObservedCall {
  /** How it ended: the answer went out as a whole, or the caller hung up before. */
  readonly ended: Promise<"whole" | "cut">;
}

/** The demo model in the test's own process, with an eye on how each call ends. */
export interface ObservedModel {
  readonly url: string;
  /** Resolves with the first call whose body holds the text, as soon as it has come. */
  call(text: string): Promise<ObservedCall>;
  /** How many calls so far hold the text. */
  count(text: string): number;
  stop(): Promise<void>;
}

export async function startObservedModel(): Promise<ObservedModel> {
  const calls: { readonly body: string; readonly call: ObservedCall }[] = [];
  const endings = new Map<IncomingHttpHeaders, Promise<"whole" | "cut">>();
  let waiting: (() => void)[] = [];
  const answer = createMessagesApi({
    clock: systemClock,
    onRequest({ headers, body }) {
      const ended = endings.get(headers);
      assert.ok(ended);
      calls.push({ body: JSON.stringify(body ?? null), call: { ended } });
      for (const look of waiting) look();
      waiting = [];
    },
  });
  const server = createServer((request, response) => {
    endings.set(request.headers, observeEnd(response));
    void answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // A TCP server has one.

  return {
    url: `http://127.0.0.1:${port}`,
    count: (text) => calls.filter(({ body }) => body.includes(text)).length,
    async call(text) {
      for (;;) {
        const found = calls.find(({ body }) => body.includes(text));
        if (found !== undefined) return found.call;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function observeEnd(response: ServerResponse): Promise<"whole" | "cut"> {
  await once(response, "close");
  return response.writableFinished ? "whole" : "cut";
}
