import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createUpstreamClient } from "../../adapters/upstreams/create-upstream-client.ts";
import { startUpstream, until, untilClosed } from "../../adapters/upstreams/test-upstream.ts";
import { systemClock } from "../ports/clock.ts";
import { createAttempts } from "./attempt-targets.ts";
import type { AttemptRequest, Target } from "./target.ts";
import { readText, toTarget } from "./test-attempts.ts";
import { createUpstreamGuard } from "./upstream-guard.ts";

type Answer = Parameters<typeof startUpstream>[0];

/** Providers on loopback that answer as told, and attempts at them over real connections. */
async function open(context: TestContext, answers: readonly Answer[], entry: object = {}, credentials: string[] = []) {
  const servers = await Promise.all(answers.map((answer) => startUpstream(answer)));
  const targets = servers.map(({ url }, index): Target =>
    toTarget(`p${index}`, { baseUrl: url, ...entry }, credentials),
  );
  const client = createUpstreamClient({ upstreams: targets.map(({ upstream }) => upstream), clock: systemClock });
  context.after(async () => {
    await client.stop();
    await Promise.all(servers.map((server) => server.stop()));
  });
  const guards = new Map(targets.map(({ upstream }) => [upstream.name, createUpstreamGuard(systemClock)]));
  const attempts = createAttempts({
    client,
    guardOf: (name) => guards.get(name) ?? createUpstreamGuard(systemClock),
    clock: systemClock,
    random: () => 0,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  return {
    servers,
    attempt: (request: Partial<AttemptRequest> = {}) =>
      attempts({
        owner: "owner",
        targets,
        once: false,
        signal: new AbortController().signal,
        toExchange: ({ model }) => ({
          path: "/v1/messages",
          headers: {},
          body: Buffer.from(JSON.stringify({ model })),
          ignored: [],
        }),
        ...request,
      }),
  };
}

test("a key that is refused, an overloaded upstream and a broken one end in the answer of the one that is well", async (context) => {
  const { servers, attempt } = await open(
    context,
    [
      ({ headers }, response) => void response.writeHead(headers["x-api-key"] === "old" ? 401 : 529).end("no"),
      ({ socket }) => void socket.resetAndDestroy(),
      (_request, response) => void response.writeHead(200).end(),
      ({ body }, response) => {
        response.flushHeaders();
        response.end(`served ${body}`);
      },
    ],
    { retries: 1 },
    ["old", "new"],
  );
  const [refusing, breaking] = servers;
  const attempted = await attempt();
  // An empty answer is an answer.
  assert.deepEqual([attempted.target.upstream.name, await readText(attempted)], ["p2", ""]);
  attempted.end();
  assert.deepEqual(
    refusing?.seen.map(({ headers }) => headers["x-api-key"]),
    ["old", "new", "new"],
  );
  assert.equal(breaking?.seen.length, 2);
  // What was not wanted was read, so that its connection could serve the next try.
  assert.ok((refusing?.sockets.length ?? 0) < 3);
});

test("a request on a kept connection that the upstream closes under it is made again, where the rules say so", async (context) => {
  const { servers, attempt } = await open(context, [
    ({ socket }, response) => {
      if (servers[0]?.seen.length === 2) socket.resetAndDestroy();
      else response.end("well");
    },
  ]);
  for (const _ of [1, 2]) {
    const attempted = await attempt();
    assert.equal(await readText(attempted), "well");
    attempted.end();
  }
  assert.equal(servers[0]?.seen.length, 3);
});

test("a client that leaves ends the exchange at the upstream, before the first byte and after it", async (context) => {
  const { servers, attempt } = await open(context, [
    (_request, response) => {
      response.flushHeaders();
      if (servers[0]?.seen.length === 2) response.write("begun");
    },
  ]);
  const reason = new Error("left");
  const [server] = servers;
  assert.ok(server !== undefined);
  for (const count of [1, 2]) {
    const leaving = new AbortController();
    const answer = attempt({ signal: leaving.signal });
    if (count === 2) await answer;
    await until("the request", () => server.seen.length === count);
    const socket = server.sockets.at(-1);
    assert.ok(socket !== undefined);
    const closed = untilClosed(socket);
    leaving.abort(reason);
    await (count === 1 ? assert.rejects(answer, (error) => error === reason) : answer);
    await closed;
  }
});
