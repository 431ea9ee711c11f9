import assert from "node:assert/strict";
import { once } from "node:events";
import { request as sendRequest } from "node:http";
import { test, type TestContext } from "node:test";
import Fastify from "fastify";
import type { AnswerStatus } from "../../core/ports/metrics.ts";
import { createTestClock } from "../../core/ports/test-clock.ts";
import { observeRequests } from "./observe-requests.ts";

/** A server with a few routes, and what the observer tells of them. */
async function startObserved(context: TestContext) {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const figures: [route: string, status: AnswerStatus, ms: number][] = [];
  const waiting: (() => void)[] = [];
  const clock = createTestClock();
  const note = (fields: object): void => {
    lines.push({ ...fields });
    for (const look of waiting.splice(0)) look();
  };
  const app = Fastify({ logger: false });
  observeRequests(app, {
    metrics: { httpAnswered: (...figure) => void figures.push(figure) },
    clock,
    log: { debug: note, info: note, warn: note, error: note },
    randomHex: (bytes) => "ab".repeat(bytes),
  });
  app.get("/things/:id", async (_request, reply) => {
    clock.advance(7);
    return await reply.header("x-gantry-process", "clean").send({ answer: "sesame-answer" });
  });
  app.post("/things", async () => "sesame-answer");
  app.get("/broken", async () => {
    throw new Error("sesame-error");
  });
  app.get("/stream", (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200).write("sesame-start");
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  context.after(() => app.close());

  async function untilTold(count: number): Promise<void> {
    while (lines.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
  }
  return {
    url,
    lines,
    figures,
    untilTold,
    /** Sends a request, and resolves when it was answered and told of. */
    async send(path: string, init: RequestInit = {}): Promise<Headers> {
      const told = lines.length;
      const response = await fetch(`${url}${path}`, init);
      await response.arrayBuffer();
      await untilTold(told + 1);
      return response.headers;
    },
  };
}

const callersTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

test("a request is one line and one figure, by the template of its address", async (context) => {
  const { send, lines, figures } = await startObserved(context);
  const headers = await send("/things/sesame-id?key=sesame-query");
  assert.deepEqual(figures, [["/things/:id", "2xx", 7]]);
  assert.equal(lines.length, 1);
  const { request, ...fields } = lines[0] ?? {};
  assert.equal(typeof request, "string");
  assert.deepEqual(JSON.parse(JSON.stringify(fields)), {
    method: "GET",
    route: "/things/:id",
    status: 200,
    ms: 7,
    process: "clean",
    trace_id: "ab".repeat(16),
    span_id: "abababababababab",
  });
  assert.equal(headers.get("traceparent"), `00-${"ab".repeat(16)}-abababababababab-00`);
});

test("the caller's trace goes on in the answer and in the log", async (context) => {
  const { send, lines } = await startObserved(context);
  const headers = await send("/things/1", { headers: { traceparent: callersTrace } });
  assert.equal(headers.get("traceparent"), "00-4bf92f3577b34da6a3ce929d0e0e4736-abababababababab-01");
  assert.equal(lines[0]?.["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
  assert.equal(lines[0]?.["parent_span_id"], "00f067aa0ba902b7");
});

test("addresses that are not there, and errors, are told by their class", async (context) => {
  const { send, figures } = await startObserved(context);
  for (let index = 0; index < 10; index += 1) await send(`/no/${index}`);
  await send("/broken");
  const kinds = new Set(figures.map(([route, status]) => `${route} ${status}`));
  assert.deepEqual(kinds, new Set(["unknown 4xx", "/broken 5xx"]));
});

test("nothing of the body, the address or the headers is in the log", async (context) => {
  const { send, lines } = await startObserved(context);
  const headers = { authorization: "Bearer sesame-key", "x-api-key": "sesame-key", "content-type": "application/json" };
  await send("/things?q=sesame", { method: "POST", headers, body: '{"prompt":"sesame"}' });
  await send("/things", { method: "POST", headers, body: '{"sesame' });
  await send("/sesame");
  await send("/broken");
  assert.equal(lines.length, 4);
  assert.doesNotMatch(JSON.stringify(lines), /sesame/);
});

test("a request whose client leaves is told of all the same, as cut", async (context) => {
  const { url, lines, figures, untilTold } = await startObserved(context);
  const sent = sendRequest(`${url}/stream`).end();
  const [response] = await once(sent, "response");
  await once(response, "data");
  sent.destroy();
  await untilTold(1);
  const kinds = figures.map(([route, status]) => `${route} ${status}`);
  assert.deepEqual(kinds, ["/stream cut"]);
  assert.equal(lines[0]?.["cut"], true);
});
