import assert from "node:assert/strict";
import { test } from "node:test";
import { type CompletionEvent, noUsage } from "@gantry/contracts/completion";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { openConnection, toChatRequest } from "./test-connection.ts";
import { startTestServer } from "./test-server.ts";

const started: CompletionEvent = { type: "answer.started", model: "model-one" };
const finished: CompletionEvent = { type: "answer.finished", reason: "stop", usage: noUsage };
const retried: CompletionEvent = { type: "upstream.retried", attempt: 1, status: 529, delayMs: 10 };
const delta = (text: string): CompletionEvent => ({ type: "text.delta", text });
const failed = (code: Parameters<typeof toFailure>[0]): CompletionEvent => ({
  type: "answer.failed",
  error: toFailure(code),
  usage: noUsage,
});
const tell = (...events: CompletionEvent[]) =>
  async function* () {
    yield* events;
  };

interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string };
}

const readError = async (response: Response) => ((await response.json()) as ErrorBody).error;
const chatBody = { model: "one", stream: true, messages: [{ role: "user", content: "q" }] };

test("an answer comes whole or as a stream, with the headers that tell how it was made", async (t) => {
  const { chat } = await startTestServer(t, tell(retried, started, delta("a"), delta("b"), finished));
  for (const stream of [false, true]) {
    const response = await chat({ stream, seed: 7 });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("x-gantry-process"), "clean");
    assert.equal(response.headers.get("x-gantry-upstream"), "demo");
    assert.equal(response.headers.get("x-gantry-ignored"), "seed");
    assert.match(response.headers.get("x-gantry-overhead-ms") ?? "", /^\d+\.\d$/);
    const text = await response.text();
    if (stream) assert.match(text, /^: upstream retry 1[^]*"content":"a"[^]*"content":"b"[^]*data: \[DONE\]\n\n$/);
    else assert.equal(JSON.parse(text).choices[0].message.content, "ab");
  }
});

test("a failure before the first word is an HTTP error of its own, streamed or not", async (t) => {
  for (const stream of [false, true]) {
    for (const answering of [
      tell(retried, failed("upstream_rate_limited")),
      () => Promise.reject(new FailureError(toFailure("queue_full", undefined, { retryAfterMs: 1_000 }))),
    ]) {
      const { chat } = await startTestServer(t, answering);
      const response = await chat({ stream });
      assert.equal(response.status, 429);
      assert.equal(response.headers.get("x-should-retry"), "true");
      assert.ok(response.headers.has("retry-after"));
      assert.match((await readError(response)).code, /^(upstream_rate_limited|queue_full)$/);
    }
  }
});

test("a failure in mid-stream is an error in the stream, and an answer with no last word is one as well", async (t) => {
  for (const [last, code] of [
    [[failed("upstream_interrupted")], "upstream_interrupted"],
    [[], "upstream_interrupted"],
    [[failed("upstream_timeout")], "upstream_timeout"],
  ] as const) {
    const { chat } = await startTestServer(t, tell(started, delta("a"), ...last));
    const response = await chat({ stream: true });
    assert.equal(response.status, 200);
    const text = await response.text();
    assert.ok(text.includes('"content":"a"'));
    assert.match(text, new RegExp(`data: \\{"error":[^\\n]*"code":"${code}"[^\\n]*\\}\\n\\n$`));
  }
});

test("what breaks inside tells the client nothing of it, and goes to the log", async (t) => {
  const next = () => Promise.reject(new Error("secret at /srv/gantry/x.ts:7"));
  const bug = () => ({ [Symbol.asyncIterator]: () => ({ next }) });
  const { chat, logged } = await startTestServer(t, bug);
  const response = await chat();
  assert.equal(response.status, 500);
  const error = await readError(response);
  assert.deepEqual([error.code, error.message], ["internal", "Something broke inside Gantry."]);
  assert.ok(logged.includes("error: a request failed inside"));
});

test("a bug in mid-stream ends the stream with an error, and the server serves on", async (t) => {
  const { chat } = await startTestServer(t, async function* () {
    yield started;
    yield delta("a");
    throw new Error("secret");
  });
  const text = await (await chat({ stream: true })).text();
  assert.match(text, /"error":/);
  assert.ok(!text.includes("secret") && !text.includes("[DONE]"));
  assert.equal((await chat({ stream: true })).status, 200);
});

test(
  "a client that leaves a stream that never ends is noticed, and the answer is left",
  { timeout: 60_000 },
  async (t) => {
    const left = Promise.withResolvers<string>();
    const { port, server, logged } = await startTestServer(t, async function* ({ signal }) {
      try {
        yield started;
        for (let count = 0; !signal.aborted; count += 1) {
          yield delta(`${count} `);
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        left.resolve(String(signal.reason));
      }
    });
    const client = await openConnection(port);
    client.send(...toChatRequest(chatBody));
    await client.until((text) => text.includes('"content":"3 "'));
    assert.equal(server.running, 1);
    client.socket.destroy();
    assert.equal(await left.promise, "Error: the client left");
    await server.idle();
    assert.equal(server.running, 0);
    assert.deepEqual(
      logged.filter((line) => line.startsWith("error")),
      [],
    );
  },
);

test(
  "a client that leaves while it waits for a process is noticed, and is no error of ours",
  { timeout: 60_000 },
  async (t) => {
    const asked = Promise.withResolvers<AbortSignal>();
    const { port, server, logged } = await startTestServer(
      t,
      ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
          asked.resolve(signal);
        }),
    );
    const client = await openConnection(port);
    client.send(...toChatRequest(chatBody));
    const signal = await asked.promise;
    client.socket.destroy();
    await server.idle();
    assert.equal(signal.aborted, true);
    assert.deepEqual(
      logged.filter((line) => line.startsWith("error")),
      [],
    );
  },
);

test("an answer that was sent whole does not count as a client that left", async (t) => {
  const signals: AbortSignal[] = [];
  const { chat, server } = await startTestServer(t, async function* ({ signal }) {
    signals.push(signal);
    yield started;
    yield finished;
  });
  for (const stream of [false, true]) await (await chat({ stream })).text();
  await server.idle();
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [false, false],
  );
});

test("an answer that cannot be put into words is left, so that its process is free again", async (t) => {
  const left = Promise.withResolvers<void>();
  const { chat } = await startTestServer(t, async function* () {
    try {
      yield started;
      yield Object.defineProperty(delta(""), "text", { get: () => assert.fail("secret") });
      yield finished;
    } finally {
      left.resolve();
    }
  });
  const text = await (await chat({ stream: true })).text();
  assert.ok(text.includes('"error":') && !text.includes("secret"));
  await left.promise;
});

test("a request's id is the client's where it is harmless, else ours, and comes back with every answer", async (t) => {
  const { chat, get } = await startTestServer(t, tell(started, finished));
  const headers = { authorization: "Bearer good", "content-type": "application/json" };
  const idOf = async (id: string) =>
    (await chat({ stream: true }, { headers: { ...headers, "x-request-id": id } })).headers.get("x-request-id");
  assert.equal(await idOf("mine-1.2:3"), "mine-1.2:3");
  for (const bad of ["has space", "x".repeat(129), "<script>", ""]) assert.match((await idOf(bad)) ?? "", /^req_\d+$/);
  const missing = await get("/nonesuch", { headers: { ...headers, "x-request-id": "mine" } });
  assert.equal(missing.headers.get("x-request-id"), "mine");
});

test("an address that is not there, and a method that it does not take, are told apart", async (t) => {
  const { get } = await startTestServer(t, tell(started, finished));
  const codeOf = async (path: string, method = "GET") => {
    const response = await get(path, { method });
    return `${response.status} ${(await readError(response)).code}`;
  };
  assert.equal(await codeOf("/nonesuch"), "404 not_found");
  assert.equal(await codeOf("/v1/chat/completions"), "405 method_not_allowed");
  assert.equal(await codeOf("/v1/models", "DELETE"), "405 method_not_allowed");
  assert.equal(await codeOf("/v1/models/one", "PUT"), "405 method_not_allowed");
  assert.equal(await codeOf("/v1/models/nonesuch"), "404 model_not_found");
  for (const odd of ["/:a(", "/(", "/v1/:x(b", "/*", "/**", "/a/*/b", "/:", "/%28", "/[", "/v1/models:(x"]) {
    assert.equal(await codeOf(odd), "404 not_found", odd);
  }
});

test("what may be asked with GET may be asked with HEAD", async (t) => {
  const { get } = await startTestServer(t, tell(started, finished));
  for (const path of ["/health", "/ready", "/v1/models", "/v1/models/one"]) {
    const response = await get(path, { method: "HEAD" });
    assert.equal(response.status, 200, path);
    assert.equal(await response.text(), "");
  }
});
