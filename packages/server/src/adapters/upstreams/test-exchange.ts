import { type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { createTestClock, type TestClock } from "../../core/ports/test-clock.ts";
import { UpstreamError } from "../../core/ports/upstream-client.ts";
import {
  openClient,
  startUpstream,
  until,
  type SeenRequest,
  type TestClient,
  type TestUpstream,
} from "./test-upstream.ts";

export const isKind = (kind: UpstreamError["kind"]) => (error: unknown) =>
  error instanceof UpstreamError && error.kind === kind;

export interface TestExchange {
  readonly server: TestUpstream;
  readonly client: TestClient;
  readonly clock: TestClock;
  /** The answer of the request that came last, once so many have come. */
  answering(count?: number): Promise<{ readonly response: ServerResponse; readonly socket: Socket }>;
}

/** A provider whose answers are written by the test, step by step, and a client of it. */
export async function openExchange(context: TestContext): Promise<TestExchange> {
  const begun: { readonly request: SeenRequest; readonly response: ServerResponse }[] = [];
  const server = await startUpstream((request, response) => void begun.push({ request, response }));
  const clock = createTestClock();
  const waits = { connectMs: 1000, headersMs: 2000, firstByteMs: 3000, silenceMs: 4000 };
  const client = openClient({ baseUrl: server.url, ...waits }, { clock });
  context.after(async () => {
    await client.stop();
    await server.stop();
  });
  return {
    server,
    client,
    clock,
    async answering(count = 1) {
      await until("the request", () => begun.length >= count);
      const last = begun.at(-1);
      assert.ok(last !== undefined);
      return { response: last.response, socket: last.request.socket };
    },
  };
}

export async function readPiece(iterator: AsyncIterator<Uint8Array>): Promise<string> {
  const { done, value } = await iterator.next();
  return done === true ? "the end" : Buffer.from(value).toString();
}
