import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface CollectorCall {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface CollectorAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** For tests: a collector on loopback. */
export interface TestCollector {
  readonly url: string;
  readonly calls: readonly CollectorCall[];
  /** Resolves when so many calls have come in all. */
  untilCalled(times: number): Promise<void>;
  stop(): Promise<void>;
}

/** Answers each call as `answer` says, by its place in the row; `undefined` never answers. */
export async function startTestCollector(
  answer: (index: number) => CollectorAnswer | undefined = () => ({ status: 200, body: "{}" }),
): Promise<TestCollector> {
  const calls: CollectorCall[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const index = calls.length;
    calls.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
    for (const look of waiting.splice(0)) look();
    const given = answer(index);
    if (given !== undefined) response.writeHead(given.status, given.headers).end(given.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A TCP server's address is never a string.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    async untilCalled(times) {
      while (calls.length < times) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
