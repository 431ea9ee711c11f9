import assert from "node:assert/strict";
import { test } from "node:test";
import { toFailure } from "@gantry/contracts/errors";
import type { SessionInput } from "@gantry/contracts/session-inputs";
import type { SessionFrame } from "../../packages/server/src/core/sessions/session-service.ts";
import { createTestWorkDriver } from "../../packages/server/src/core/sessions/test-work-driver.ts";
import { eventually } from "../harness/server-state.ts";
import { isIdle, openTestSessions, testCaller, toLines } from "./open-sessions-for-test.ts";

const echo = () => createTestWorkDriver((prompt) => [{ say: `you said ${prompt}` }]);

test("a message is answered, the log tells it in order, and the next goes on with the same process", async (context) => {
  const driver = echo();
  const sessions = await openTestSessions(context, driver);
  const session = await sessions.make({ title: "First", metadata: { job: "7" } });
  assert.partialDeepStrictEqual(session, { type: "session", status: "idle", title: "First", metadata: { job: "7" } });
  const [sent] = await sessions.say(session.id, "hello");
  assert.partialDeepStrictEqual(sent, { type: "user.message", processed_at: null, gantry: { sequence: 1 } });
  const log = await sessions.until(session.id, isIdle("end_turn"));
  assert.deepEqual(toLines(log), ["user: hello", "running", "agent: you said hello", "idle end_turn"]);
  assert.deepEqual(
    log.map(({ gantry }) => gantry?.sequence),
    [1, 2, 3, 4],
  );
  await sessions.say(session.id, "again");
  await sessions.until(session.id, isIdle("end_turn", 2));
  assert.equal(driver.specs.length, 1);
  const shown = await sessions.service.get(sessions.caller.principal, session.id);
  assert.partialDeepStrictEqual(shown, { status: "idle", usage: { input_tokens: 20, output_tokens: 10 } });
  assert.deepEqual(shown.gantry.stop_reason, { type: "end_turn" });
});

test("what is sent while a turn runs waits, can be listed, withdrawn and given to the running turn", async (context) => {
  const driver = createTestWorkDriver((prompt) =>
    prompt === "work" ? [{ say: "working" }, { hang: true }] : [{ say: prompt }],
  );
  const sessions = await openTestSessions(context, driver);
  const { id } = await sessions.make();
  await sessions.say(id, "work");
  await sessions.until(id, (log) => toLines(log).includes("agent: working"));
  const [steer] = await sessions.say(id, "look left");
  const [drop] = await sessions.say(id, "never mind");
  const [next] = await sessions.say(id, "next");
  assert.ok(steer && drop && next);
  const { service, caller } = sessions;
  const queue = async () => (await service.listQueue(caller.principal, id)).map((event) => event.id);
  assert.deepEqual(await queue(), [steer.id, drop.id, next.id]);
  assert.partialDeepStrictEqual(await service.withdraw(caller, id, drop.id), { gantry: { withdrawn: true } });
  await assert.rejects(service.withdraw(caller, id, drop.id), { message: /does not wait/ });
  await service.steer(caller, id, steer.id);
  await eventually(async () => (await queue()).join() === next.id, "the steered message was taken");
  assert.deepEqual(driver.steered, ["look left"]);
  await service.send(caller, id, [{ type: "user.interrupt" }]);
  const log = await sessions.until(
    id,
    (events) => toLines(events).includes("agent: next") && isIdle("end_turn", 2)(events),
  );
  assert.deepEqual(driver.prompts, ["work", "next"]);
  const [interrupted] = log.filter(({ type }) => type === "session.status_idle");
  assert.equal(interrupted?.gantry?.detail, "interrupted");
});

test("readers that ask for previews see the message being written, with the id that it has in the log", async (context) => {
  const sessions = await openTestSessions(context, echo());
  const { id } = await sessions.make();
  const ends = new AbortController();
  const frames = await sessions.service.subscribe(
    sessions.caller.principal,
    id,
    { previews: ["agent.message"] },
    ends.signal,
  );
  const seen: SessionFrame[] = [];
  const reading = (async () => {
    for await (const frame of frames) {
      seen.push(frame);
      if (frame.type === "event" && frame.event.type === "session.status_idle") return;
    }
  })();
  await sessions.say(id, "hi");
  await reading;
  ends.abort();
  const deltas = seen.flatMap((frame) =>
    frame.type === "preview" && frame.preview.type === "event_delta" ? [frame.preview] : [],
  );
  assert.equal(deltas.map(({ delta }) => delta.content.text).join(""), "you said hi");
  const message = seen.find((frame) => frame.type === "event" && frame.event.type === "agent.message");
  assert.ok(message?.type === "event");
  assert.ok(deltas.every(({ event_id: eventId }) => eventId === message.event.id));
});

test("a key sent twice gives one answer, another body with it is refused", async (context) => {
  const sessions = await openTestSessions(context, echo());
  const { id } = await sessions.make();
  const { service, caller } = sessions;
  const input: SessionInput[] = [{ type: "user.message", content: [{ type: "text", text: "once" }] }];
  const claim = { key: "k", digest: "d" };
  const [first, second] = await Promise.all([
    service.send(caller, id, input, claim),
    service.send(caller, id, input, claim),
  ]);
  assert.deepEqual(first, second);
  await assert.rejects(service.send(caller, id, input, { key: "k", digest: "other" }), {
    message: /another body/,
  });
  const made = await Promise.all([1, 2].map(() => service.create(caller, { agent: "a", environment_id: "e" }, claim)));
  assert.equal(made[0]?.id, made[1]?.id);
  const log = await sessions.until(id, isIdle("end_turn"));
  assert.equal(toLines(log).filter((line) => line === "user: once").length, 1);
});

test("a failed turn is begun anew where nothing was done, and ends with an error where it does not help", async (context) => {
  let tries = 0;
  const driver = createTestWorkDriver((prompt) =>
    prompt === "flaky" && (tries += 1) === 1
      ? [{ crash: true }]
      : prompt === "bad"
        ? [{ fail: toFailure("upstream_unauthorized") }]
        : [{ say: "fine" }],
  );
  const sessions = await openTestSessions(context, driver);
  const { id } = await sessions.make();
  await sessions.say(id, "flaky");
  const log = await sessions.until(id, isIdle("end_turn"));
  assert.deepEqual(toLines(log), [
    "user: flaky",
    "running",
    "error retrying",
    "session.status_rescheduled",
    "running",
    "agent: fine",
    "idle end_turn",
  ]);
  await sessions.say(id, "bad");
  const more = await sessions.until(id, isIdle("retries_exhausted"));
  assert.deepEqual(toLines(more).slice(-2), ["error exhausted", "idle retries_exhausted"]);
  // What the transcript lacks is told from the log.
  await sessions.say(id, "and now");
  await sessions.until(id, isIdle("end_turn", 2));
  const seed = driver.specs.at(-1)?.seed ?? [];
  assert.ok(JSON.stringify(seed).includes("bad"));
});

test("a session that was lost with its server is taken up by the next, and no message is lost", async (context) => {
  const driver = createTestWorkDriver(() => [{ say: "begun" }, { hang: true }]);
  const sessions = await openTestSessions(context, driver);
  const { id } = await sessions.make();
  await sessions.say(id, "one");
  await sessions.say(id, "two");
  await sessions.until(id, (log) => toLines(log).includes("agent: begun"));
  const after = echo();
  const again = await sessions.crash(after);
  const log = await again.until(
    id,
    (events) => toLines(events).includes("agent: you said two") && isIdle("end_turn")(events),
  );
  assert.deepEqual(after.prompts, ["one", "two"]);
  assert.deepEqual(
    log.map(({ gantry }) => gantry?.sequence),
    log.map((_, index) => index + 1),
  );
  assert.equal(new Set(log.map((event) => event.id)).size, log.length);
});

test("a fork begins with the log up to an event, and each goes its own way", async (context) => {
  const driver = echo();
  const sessions = await openTestSessions(context, driver);
  const { id } = await sessions.make();
  await sessions.say(id, "one");
  const log = await sessions.until(id, isIdle("end_turn"));
  await sessions.say(id, "two");
  await sessions.until(id, isIdle("end_turn", 2));
  const { service, caller } = sessions;
  const fork = await service.fork(caller, id, { event_id: log.at(-1)?.id ?? "" });
  assert.deepEqual(fork.gantry.forked_from, { session_id: id, event_id: log.at(-1)?.id });
  await sessions.say(fork.id, "three");
  const forked = await sessions.until(fork.id, isIdle("end_turn", 2));
  assert.deepEqual(
    toLines(forked).filter((line) => line.startsWith("user")),
    ["user: one", "user: three"],
  );
  assert.ok(JSON.stringify(driver.specs.at(-1)?.seed).includes("you said one"));
  await assert.rejects(service.fork(caller, id, { event_id: "sevt_none" }), { message: /no such event/ });
});

test("an archived session takes no input, a deleted one is gone, and nobody sees another project's", async (context) => {
  const sessions = await openTestSessions(context, echo());
  const { service, caller } = sessions;
  const kept = await sessions.make();
  const gone = await sessions.make();
  const stranger = testCaller("key_z", { projectId: "prj_z" });
  await assert.rejects(service.get(stranger.principal, kept.id), { message: /no such session/ });
  assert.partialDeepStrictEqual(await service.archive(caller, kept.id), { status: "terminated" });
  assert.partialDeepStrictEqual(await service.archive(caller, kept.id), { status: "terminated" });
  await assert.rejects(sessions.say(kept.id, "late"), { message: /archived/ });
  const ends = new AbortController();
  const frames = await service.subscribe(caller.principal, gone.id, { previews: [] }, ends.signal);
  assert.deepEqual(await service.delete(caller, gone.id), { id: gone.id, type: "session_deleted" });
  const seen: SessionFrame[] = [];
  for await (const frame of frames) seen.push(frame);
  assert.deepEqual(seen.at(-1), { type: "closed", reason: "deleted" });
  await assert.rejects(service.get(caller.principal, gone.id), { message: /no such session/ });
  const page = await service.list(caller.principal, { limit: 10, includeArchived: true });
  assert.deepEqual(
    page.items.map(({ id }) => id),
    [kept.id],
  );
});

test("a process with nothing to do is given back, and the session comes back by its transcript", async (context) => {
  const driver = echo();
  const limits = { processes: 1, idleMs: 60_000, clientToolMs: 1000, leaseMs: 60_000, pollMs: 20, sweepMs: 20 };
  const sessions = await openTestSessions(context, driver, { limits });
  const [one, two] = [await sessions.make(), await sessions.make()];
  await sessions.say(one.id, "hello");
  await sessions.until(one.id, isIdle("end_turn"));
  // There is room for one process: the other's makes way.
  await sessions.say(two.id, "hello");
  await sessions.until(two.id, isIdle("end_turn"));
  await sessions.say(one.id, "back");
  const log = await sessions.until(one.id, isIdle("end_turn", 2));
  assert.equal(driver.running, 1);
  assert.ok(driver.specs.at(-1)?.resume?.content.includes("you said hello"));
  assert.equal(log.filter(({ gantry }) => gantry?.restored === "transcript").length, 1);
  driver.losesTranscripts = true;
  await sessions.say(two.id, "and you");
  const other = await sessions.until(two.id, isIdle("end_turn", 2));
  assert.equal(other.filter(({ gantry }) => gantry?.restored === "log").length, 1);
  assert.ok(JSON.stringify(driver.specs.at(-1)?.seed).includes("you said hello"));
});
