import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { systemClock } from "../../../core/ports/clock.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import { createDemoModel } from "./demo-model.ts";
import { createMessagesApi } from "./messages-api.ts";
import type { RequestRecord } from "./messages-api.ts";
import { ask, join, parseEvents, post, startDemoModel, textOf, toBody } from "./test-harness.ts";

/** These would wait for ever where they fail. */
const endsSoon = { timeout: 60_000 };

/** A clock whose waits pass at once and are written down. */
function createHastyClock(waits: number[]): Clock {
  return {
    ...systemClock,
    after(ms, call) {
      waits.push(ms);
      queueMicrotask(call);
      return () => {};
    },
  };
}

/** A clock whose waits never pass; `started` and `cancelled` resolve with the first one. */
function createStoppedClock() {
  const started = Promise.withResolvers<number>();
  const cancelled = Promise.withResolvers<void>();
  const clock: Clock = {
    ...systemClock,
    after(ms) {
      started.resolve(ms);
      return () => cancelled.resolve();
    },
  };
  return { clock, started: started.promise, cancelled: cancelled.promise };
}

/** Reads a body up to its first `count` deltas, and keeps the reader open. */
async function readDeltas(response: Response, count: number) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.ok(reader);
  let text = "";
  while (text.split("content_block_delta\n").length <= count) text += (await reader.read()).value ?? "";
  return { reader, text };
}

test("delay waits once before the answer, pace between the deltas", async (context) => {
  const waits: number[] = [];
  const { url } = await startDemoModel(context, { clock: createHastyClock(waits) });
  const prompt = "[[demo:delay 200]] [[demo:pace 30]] [[demo:say a b c]]";
  assert.equal(textOf(await ask(url, toBody(prompt))), "a b c");
  assert.deepEqual(waits.splice(0), [200]);
  const response = await post(url, toBody(prompt, { stream: true }));
  assert.equal(join(parseEvents(await response.text())).blocks[0]?.text, "a b c");
  assert.deepEqual(waits.splice(0), [200, 30, 30, 30]);
  await (await post(url, toBody("[[demo:delay 5]] [[demo:status 500]]"))).body?.cancel();
  assert.deepEqual(waits, [5]);
});

test("drop cuts the connection behind two deltas, and an unstreamed answer altogether", async (context) => {
  const { url } = await startDemoModel(context);
  const response = await post(url, toBody("[[demo:drop]]", { stream: true }));
  const { reader, text } = await readDeltas(response, 2);
  const types = parseEvents(text).map(({ type }) => type);
  const delta = "content_block_delta";
  assert.deepEqual(types, ["message_start", "content_block_start", "ping", delta, delta]);
  await assert.rejects(reader.read());
  await assert.rejects(post(url, toBody("[[demo:drop]]")));
});

for (const prompt of [
  "[[demo:hang]]",
  "[[demo:hang 3]]",
  "[[demo:delay 600000]]",
  "[[demo:tokens 9]] [[demo:pace 600000]]",
]) {
  test(`stop ends what is still open on ${prompt}`, endsSoon, async (context) => {
    const arrived = Promise.withResolvers<RequestRecord>();
    const { model, url } = await startDemoModel(context, { onRequest: arrived.resolve });
    const answer = post(url, toBody(prompt, { stream: true })).then((response) => response.text());
    const failed = assert.rejects(answer);
    await arrived.promise;
    await model.stop();
    await failed;
  });
}

test("hang with a number streams that many deltas and stays open", endsSoon, async (context) => {
  const { model, url } = await startDemoModel(context);
  const response = await post(url, toBody("[[demo:hang 3]]", { stream: true }));
  const { reader, text } = await readDeltas(response, 3);
  assert.equal(join(parseEvents(text)).blocks[0]?.text, "tok1 tok2 tok3 ");
  const next = assert.rejects(reader.read());
  await model.stop();
  await next;
});

for (const prompt of ["[[demo:delay 1000]]", "[[demo:tokens 100]] [[demo:pace 1000]]"]) {
  test(`a client that leaves ends the wait on ${prompt}`, endsSoon, async (context) => {
    const { clock, started, cancelled } = createStoppedClock();
    const { url } = await startDemoModel(context, { clock });
    const leaving = new AbortController();
    const answer = post(url, toBody(prompt, { stream: true }), leaving.signal).then((response) => response.text());
    const failed = assert.rejects(answer);
    assert.equal(await started, 1_000);
    leaving.abort();
    await cancelled;
    await failed;
  });
}

test("a client that reads slowly holds the answer back, and one that leaves ends it", endsSoon, async (context) => {
  const handle = createMessagesApi({ clock: systemClock });
  const responses: { response: ServerResponse; handled: Promise<void> }[] = [];
  const server = createServer((request, response) => responses.push({ response, handled: handle(request, response) }));
  context.after(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");

  const body = JSON.stringify(toBody("[[demo:tokens 100000]]", { stream: true }));
  const socket = connect(address.port, "127.0.0.1").pause();
  socket.write(`POST /v1/messages HTTP/1.1\r\nhost: demo\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  while (!responses[0]?.response.writableNeedDrain) await setImmediate();
  assert.ok(responses[0].response.writableLength < 500_000);
  socket.destroy();
  await responses[0].handled;
  assert.equal(responses[0].response.writableFinished, false);
});

test("a hundred thousand tokens arrive whole", async (context) => {
  const { url } = await startDemoModel(context);
  const response = await post(url, toBody("[[demo:tokens 100000]]", { stream: true }));
  const { blocks } = join(parseEvents(await response.text()));
  assert.equal(blocks[0]?.deltas, 100_000);
  assert.ok(blocks[0].text.endsWith(" tok100000 "));
});

test("many requests at once each get their own answer", async (context) => {
  const { url } = await startDemoModel(context);
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => textOf(await ask(url, toBody(`[[demo:say ${index}]]`)))),
  );
  assert.deepEqual(
    answers,
    Array.from({ length: 50 }, (_, index) => String(index)),
  );
});

test("listen and stop may be called twice, and again after each other", async () => {
  const model = createDemoModel({ clock: systemClock });
  await model.stop();
  const [first, second] = await Promise.all([
    model.listen({ host: "127.0.0.1", port: 0 }),
    model.listen({ host: "127.0.0.1", port: 0 }),
  ]);
  assert.deepEqual(first, second);
  assert.equal(first.url, `http://127.0.0.1:${first.port}`);
  await Promise.all([model.stop(), model.stop()]);
  await assert.rejects(fetch(first.url));

  const again = await model.listen({ host: "127.0.0.1", port: first.port });
  assert.equal((await fetch(again.url)).status, 200);
  const other = createDemoModel({ clock: systemClock });
  await assert.rejects(other.listen({ host: "127.0.0.1", port: first.port }), { code: "EADDRINUSE" });
  await other.stop();
  void model.listen({ host: "127.0.0.1", port: 0 });
  await model.stop();
});

test("an unstreamed answer that goes silent is never sent", endsSoon, async (context) => {
  for (const prompt of ["[[demo:hang]]", "[[demo:say x]] [[demo:hang 3]]"]) {
    const arrived = Promise.withResolvers<RequestRecord>();
    const { model, url } = await startDemoModel(context, { onRequest: arrived.resolve });
    const failed = assert.rejects(post(url, toBody(prompt)));
    await arrived.promise;
    await model.stop();
    await failed;
  }
});
