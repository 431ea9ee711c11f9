import { FailureError, toFailure } from "@gantry/contracts/errors";
import Fastify from "fastify";
import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { z } from "zod";
import { addOperations } from "./add-operations.ts";
import type { Operation } from "./operation.ts";

const operations = {
  export: {
    method: "GET",
    path: "/export",
    summary: "",
    access: "any",
    answer: z.strictObject({}),
    texts: ["text/plain"],
  },
} as const satisfies Record<string, Operation>;

/** Serves an export of these chunks, and opens a request for it. */
async function openExport(context: TestContext, chunks: AsyncIterable<string>): Promise<IncomingMessage> {
  const app = Fastify({ forceCloseConnections: true });
  app.decorateRequest("principal");
  app.addHook("onRequest", async (request) => {
    request.principal = { scopes: [], profile: { name: "free", version: 1 } } as never; // Nothing else of it is read.
  });
  app.setErrorHandler((_error, _request, reply) => reply.code(503).send("refused"));
  addOperations(app, operations, {
    export: async () => ({ contentType: "text/plain", fileName: "a.txt", chunks }),
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  context.after(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const [response] = await once(get({ host: "127.0.0.1", port, path: "/export" }), "response");
  return response as IncomingMessage;
}

test("an export is made no faster than it is read, and ends when its reader leaves", async (context) => {
  const chunk = "x".repeat(65_536);
  const left = Promise.withResolvers<number>();
  async function* endless() {
    let made = 0;
    try {
      for (;;) {
        made += 1;
        yield chunk;
      }
    } finally {
      left.resolve(made);
    }
  }
  const response = await openExport(context, endless());
  assert.equal(response.headers["content-disposition"], 'attachment; filename="a.txt"');
  // Only what was there is taken; the server goes on for as long as the buffers of both sides take it.
  await once(response, "readable");
  response.read();
  response.destroy();
  assert.ok((await left.promise) < 1000);
});

test("an export that fails before its first chunk is an error of its own", async (context) => {
  const response = await openExport(context, failing(0));
  assert.equal(response.statusCode, 503);
  assert.equal((await response.toArray()).join(""), "refused");
});

test("an export that fails in its midst is cut off, so that nobody takes it for a whole one", async (context) => {
  const response = await openExport(context, failing(1));
  assert.equal(response.statusCode, 200);
  await assert.rejects(response.toArray(), { code: "ECONNRESET" });
});

async function* failing(after: number) {
  for (let index = 0; index < after; index += 1) yield "row\n";
  throw new FailureError(toFailure("store_unavailable"));
}
