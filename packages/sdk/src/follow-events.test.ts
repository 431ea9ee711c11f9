import assert from "node:assert/strict";
import { test } from "node:test";
import { GantryError } from "./gantry-error.ts";
import { cut, events, failure, json, startAnswers } from "./test-answers.ts";

const event = (sequence: number, type: string, fields: object = {}): string =>
  `event: ${type}\nid: ${sequence}\ndata: ${JSON.stringify({ id: `e${sequence}`, type, ...fields })}\n\n`;
const ok = (after: number) => `event: ok\nid: ${after}\ndata: ${JSON.stringify({ type: "ok", after })}\n\n`;
const notice = (name: string, data: object) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const deleted = event(9, "session.deleted");
const placesOf = (seen: readonly { readonly headers: Record<string, unknown> }[]) =>
  seen.map(({ headers }) => headers["last-event-id"]);

async function readIds(stream: AsyncIterable<object>): Promise<unknown[]> {
  const ids: unknown[] = [];
  for await (const one of stream) ids.push("id" in one ? one.id : one);
  return ids;
}

test("a session's events go on over every kind of lost connection, in order and each once", async () => {
  const overloaded = { type: "error", error: { type: "overloaded_error", message: "slow" } };
  await using server = await startAnswers([
    events(ok(2) + event(3, "agent.message"), "cut"),
    cut,
    failure("store_unavailable", 503, { "retry-after-ms": "1" }),
    // What had been given comes again.
    events(ok(3) + event(3, "agent.message") + event(4, "agent.message")),
    events(ok(4) + event(5, "agent.message") + notice("error", overloaded)),
    events(ok(5) + notice("ping", { type: "closed", reason: "draining" })),
    events(ok(5) + deleted),
  ]);
  const reconnects: number[] = [];
  const stream = server.gantry.sessions.events("sesn_1", {
    after: 2,
    onReconnect: ({ after }) => reconnects.push(after),
  });
  assert.deepEqual(await readIds(stream), ["e3", "e4", "e5", "e9"]);
  assert.deepEqual(placesOf(server.seen), ["2", "3", "3", "3", "4", "5", "5"]);
  assert.ok(reconnects.length >= 4 && reconnects.every((place, index) => place >= (reconnects[index - 1] ?? 2)));
});

test("a connection that brings nothing, not even a heartbeat, is made anew", async () => {
  await using server = await startAnswers([events(ok(0), "hang"), events(ok(0) + deleted)], { idleTimeoutMs: 200 });
  assert.deepEqual(await readIds(server.gantry.sessions.events("sesn_1")), ["e9"]);
});

test("what coming back does not mend ends a stream with its error", async () => {
  const refused = { type: "error", error: { type: "authentication_error", message: "revoked" } };
  const bad = [
    ["unauthorized", events(ok(0) + notice("error", refused))],
    ["not_found", failure("not_found", 404)],
    ["unexpected_answer", events("data: nonsense\n\n")],
    ["unexpected_answer", json({})],
  ] as const;
  for (const [code, answer] of bad) {
    await using server = await startAnswers([answer]);
    const error = await readIds(server.gantry.sessions.events("sesn_1")).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof GantryError && error.code === code, String(error));
    assert.equal(server.seen.length, 1);
  }
});

test("a gap is told, and a session that was deleted ends its stream", async () => {
  const gap = { type: "gap", oldest_sequence: 7 };
  await using server = await startAnswers([
    events(notice("gap", gap) + event(7, "agent.message") + notice("ping", { type: "closed", reason: "deleted" })),
  ]);
  assert.deepEqual(await readIds(server.gantry.sessions.events("sesn_1")), [gap, "e7"]);
});

test("an abort ends a stream in the pause before a further connection", async () => {
  await using server = await startAnswers([cut], { maxRetries: 0 });
  const leaving = new AbortController();
  const options = { signal: leaving.signal, onReconnect: () => leaving.abort() };
  const error = await readIds(server.gantry.sessions.events("sesn_1", options)).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof GantryError && error.code === "aborted");
});

const status = (name: string, sessionId: string | null = "sesn_1") =>
  notice("task.status", { type: "task.status", task: { task_id: "task_1", status: name, session_id: sessionId } });

test("a task is watched to its end over lost connections, and a state that is told again is given once", async () => {
  await using server = await startAnswers([
    events(notice("task.queued", { type: "task.queued", queue_position: 2 }) + status("running"), "cut"),
    events(status("running") + event(1, "agent.message") + status("completed"), "cut"),
    events(status("completed") + event(2, "agent.message")),
  ]);
  const seen: string[] = [];
  for await (const update of server.gantry.tasks.watch("task_1")) {
    seen.push(update.type === "task.status" ? update.task.status : update.type);
  }
  assert.deepEqual(seen, ["task.queued", "running", "agent.message", "completed", "agent.message"]);
  assert.deepEqual(placesOf(server.seen), ["0", "0", "1"]);
});

test("what a callback throws, or cannot tell the server, ends the stream", async () => {
  const open = { data: [{ id: "int_1" }], next_page: null };
  const boom = new Error("boom");
  await using server = await startAnswers([events(status("requires_action"), "hang"), json(open)]);
  const watching = server.gantry.tasks.watch("task_1", { onApproval: () => Promise.reject(boom) });
  await assert.rejects(readIds(watching), boom);
  await using refusing = await startAnswers([
    events(status("requires_action"), "hang"),
    json(open),
    failure("insufficient_scope", 403),
  ]);
  const other = refusing.gantry.tasks.watch("task_1", { onApproval: () => ({ decision: "allow" }) });
  await assert.rejects(readIds(other), (error) => error instanceof GantryError && error.code === "insufficient_scope");
});
