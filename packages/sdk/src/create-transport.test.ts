import assert from "node:assert/strict";
import { test } from "node:test";
import { createGantry } from "./create-gantry.ts";
import { GantryError } from "./gantry-error.ts";
import { cut, failure, json, startAnswers } from "./test-answers.ts";

const soon = { "retry-after-ms": "1" };
const task = { task_id: "task_1", status: "queued" };

/** The error that a call fails with. */
async function failureOf(call: Promise<unknown>): Promise<GantryError> {
  const error = await call.then(
    () => assert.fail("It did not fail."),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof GantryError, String(error));
  return error;
}

test("what the server says may succeed is sent again, with the same idempotency key, and no more often than was said", async () => {
  const again = failure("store_unavailable", 503, { "x-should-retry": "true", ...soon });
  await using server = await startAnswers([again, again, json(task)]);
  assert.equal((await server.gantry.tasks.create({ description: "x" })).task_id, "task_1");
  const keys = new Set(server.seen.map(({ headers }) => headers["idempotency-key"]));
  assert.equal(server.seen.length, 3);
  assert.ok(keys.size === 1 && /^[0-9a-f]{32}$/.test(String([...keys][0])));
  assert.equal(server.seen[0]?.headers.authorization, "Bearer gk_test");

  await using down = await startAnswers([again], { maxRetries: 1 });
  const error = await failureOf(down.gantry.capabilities());
  assert.deepEqual([error.code, error.status, error.retryable, down.seen.length], ["store_unavailable", 503, true, 2]);
});

test("what the server says cannot succeed is sent once, whatever its status", async () => {
  await using server = await startAnswers([failure("conflict", 503, { "x-should-retry": "false" })]);
  const error = await failureOf(server.gantry.capabilities());
  assert.deepEqual([error.code, error.message, error.requestId], ["conflict", "It is conflict.", "req_1"]);
  assert.equal(server.seen.length, 1);
});

test("a server that asks for a long rest is taken at its word", async () => {
  await using server = await startAnswers([failure("rate_limited", 429, { "retry-after": "3600" })]);
  const error = await failureOf(server.gantry.models());
  assert.deepEqual([error.code, error.retryAfterMs, server.seen.length], ["rate_limited", 3_600_000, 1]);
});

test("where no answer came, only what can do no harm twice is sent again", async () => {
  await using reading = await startAnswers([cut, json({ data: [] })]);
  assert.deepEqual(await reading.gantry.models(), []);
  await using making = await startAnswers([cut, json(task)]);
  await making.gantry.tasks.create({ description: "x" }, { idempotencyKey: "mine" });
  assert.deepEqual(
    making.seen.map(({ headers }) => headers["idempotency-key"]),
    ["mine", "mine"],
  );
  // The routes of administrators know no idempotency key.
  await using other = await startAnswers([cut, json({})]);
  const error = await failureOf(other.gantry.admin.projects.create({ name: "once" }));
  assert.deepEqual([error.code, error.retryable, other.seen.length], ["connection_failed", true, 1]);
});

test("an error is read in each of the server's dialects", async () => {
  const vendor = {
    type: "error",
    error: { type: "not_found_error", message: "No.", details: { error_code: "not_found" } },
  };
  await using server = await startAnswers([
    json(vendor, 404),
    json({ error: { message: "Bad.", param: "messages[0]", code: "invalid_request" } }, 400),
  ]);
  assert.equal((await failureOf(server.gantry.sessions.get("sesn_1"))).code, "not_found");
  const { code, param } = await failureOf(server.gantry.chat({ prompt: "x" }));
  assert.deepEqual([code, param], ["invalid_request", "messages[0]"]);
});

test("what is not Gantry's is told as that: other pages, other JSON, other codes, redirects", async () => {
  const others = [
    json("<html>", 502),
    json("<html>"),
    json("7"),
    json("null"),
    json({ error: { message: "New.", code: "of_a_newer_server" } }, 418),
    json({ error: null }, 400),
    json("", 307, { location: "http://127.0.0.1:1/" }),
    json("x".repeat(300_000), 400),
  ];
  for (const [index, answer] of others.entries()) {
    await using server = await startAnswers([answer], { maxRetries: 0 });
    const error = await failureOf(server.gantry.capabilities());
    assert.equal(error.code, "unexpected_answer", `answer ${index}: ${error.message}`);
    assert.ok(error.message.length < 300);
  }
  await using chat = await startAnswers([json({ choices: [] })]);
  assert.equal((await failureOf(chat.gantry.chat({ prompt: "x" }))).code, "unexpected_answer");
});

test("a body that is cut in its midst is no answer", async () => {
  await using server = await startAnswers(
    [
      (response, _, socket) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
        response.write('{"data":', () => socket.destroy());
      },
    ],
    { maxRetries: 0 },
  );
  assert.equal((await failureOf(server.gantry.models())).code, "connection_failed");
});

test("a time-out ends a call without an answer, and one whose body does not end, and closes its connection", async () => {
  let closed = 0;
  await using server = await startAnswers(
    [
      (_, __, socket) => void socket.once("close", () => (closed += 1)),
      (response, _, socket) => {
        socket.once("close", () => (closed += 1));
        response.writeHead(200, { "content-type": "application/json" }).write("{");
      },
    ],
    { maxRetries: 0, timeoutMs: 200 },
  );
  for (const wanted of [1, 2]) {
    assert.equal((await failureOf(server.gantry.models())).code, "timed_out");
    while (closed < wanted) await new Promise((resolve) => setTimeout(resolve, 5));
  }
});

test("an abort ends a call, the pause before a further try, and a call that has not begun", async () => {
  const reason = new Error("enough");
  const leaving = new AbortController();
  await using hanging = await startAnswers([() => leaving.abort(reason)]);
  const error = await failureOf(hanging.gantry.chat({ prompt: "x" }, { signal: leaving.signal }));
  assert.deepEqual([error.code, error.cause, error.retryable], ["aborted", reason, false]);
  assert.equal((await failureOf(hanging.gantry.models({ signal: leaving.signal }))).code, "aborted");
  assert.equal(hanging.seen.length, 1);

  const later = new AbortController();
  await using limited = await startAnswers([
    (response, ...rest) => {
      failure("rate_limited", 429, { "retry-after": "50" })(response, ...rest);
      response.once("close", () => later.abort());
    },
  ]);
  assert.equal((await failureOf(limited.gantry.models({ signal: later.signal }))).code, "aborted");
});

test("a server that is not there is an error that says so", async () => {
  const gantry = createGantry({ baseUrl: "http://127.0.0.1:1/v1/", apiKey: "gk_test", maxRetries: 0 });
  const error = await failureOf(gantry.models());
  assert.equal(error.code, "connection_failed");
  assert.match(error.message, /^The connection to http:\/\/127\.0\.0\.1:1 failed: /);
});

test("a client that cannot work is refused where it is made, and no key is told", () => {
  const good = { baseUrl: "http://127.0.0.1:8006", apiKey: "gk_secret" };
  const bad = [
    { ...good, baseUrl: "127.0.0.1:8006" },
    { ...good, baseUrl: "ftp://127.0.0.1" },
    { ...good, baseUrl: "http://user:secret@127.0.0.1" },
    { ...good, apiKey: "" },
    { ...good, apiKey: "gk_secret\n" },
    { ...good, timeoutMs: 0 },
    { ...good, maxRetries: -1 },
  ];
  for (const options of bad) {
    assert.throws(
      () => createGantry(options),
      (error) => error instanceof GantryError && error.code === "invalid_argument" && !/secret/.test(error.message),
    );
  }
  assert.doesNotMatch(JSON.stringify(createGantry(good)), /secret/);
});
