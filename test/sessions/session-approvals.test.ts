import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionEvent } from "@gantry/contracts/session-events";
import {
  createTestWorkDriver,
  type ScriptStep,
  type TestWorkDriver,
} from "../../packages/server/src/core/sessions/test-work-driver.ts";
import { isIdle, openTestSessions, testCaller, toLines, type TestSessions } from "./open-sessions-for-test.ts";

const bash = (id: string, command = "make") => ({ id, tool: "Bash", kind: "built_in", input: { command } }) as const;
const write = (id: string) => ({ id, tool: "Write", kind: "built_in", input: { file_path: "/workspace/a" } }) as const;
const look = (id: string) => ({ id, tool: "lookup", kind: "custom", input: { of: "x" } }) as const;

const working = (...steps: readonly ScriptStep[]): TestWorkDriver =>
  createTestWorkDriver((prompt) => (prompt === "work" ? [...steps, { say: "done" }] : [{ say: prompt }]));
const blockers = (log: readonly SessionEvent[]): readonly string[] => {
  const idle = log.findLast((event) => event.type === "session.status_idle");
  return idle?.stop_reason.type === "requires_action" ? idle.stop_reason.event_ids : [];
};
const confirm = (sessions: TestSessions, id: string, toolUseId: string, more: object = { result: "allow" }) =>
  sessions.service.send(sessions.caller, id, [
    { type: "user.tool_confirmation", tool_use_id: toolUseId, result: "allow", ...more },
  ]);

test("a call that needs a person is stored before anybody is told, holds no process, and runs once when it is allowed", async (context) => {
  const driver = working({ call: [bash("t1", "rm -rf build")] });
  const sessions = await openTestSessions(context, driver);
  const { id } = await sessions.make();
  await sessions.say(id, "work");
  const log = await sessions.until(id, isIdle("requires_action"));
  assert.deepEqual(toLines(log), ["user: work", "running", "use bash ask", "idle requires_action"]);
  const { items } = await sessions.interactions.list(sessions.caller.principal, { limit: 10 });
  const [open] = items;
  assert.partialDeepStrictEqual(open, {
    kind: "approval",
    session_id: id,
    event_id: blockers(log)[0],
    tool: "Bash",
    input: { command: "rm -rf build" },
    rule: "agent: always_ask",
    risks: ["It deletes files."],
    requested_by: "key_a",
    state: "open",
  });
  assert.ok(open);
  const answered = await sessions.interactions.answer(testCaller("key_b"), open.id, { decision: "allow" });
  assert.partialDeepStrictEqual(answered, { state: "answered", decided_by: "key_b" });
  assert.deepEqual(
    (await sessions.interactions.answer(testCaller("key_c"), open.id, { decision: "allow" })).decided_by,
    "key_b",
  );
  await assert.rejects(sessions.interactions.answer(testCaller("key_c"), open.id, { decision: "deny" }), {
    message: /answered with allow by key_b/,
  });
  const after = await sessions.until(id, isIdle("end_turn"));
  assert.deepEqual(toLines(after).slice(4), ["allow by key_b", "running", "result", "agent: done", "idle end_turn"]);
  assert.deepEqual(driver.effects, ['t1 {"command":"rm -rf build"}']);
  assert.equal(driver.specs.length, 2);
});

test("several calls wait together, each is decided for itself, and none runs before", async (context) => {
  const driver = working({ call: [write("t0"), bash("t1"), bash("t2")] });
  const sessions = await openTestSessions(context, driver);
  const { id } = await sessions.make();
  await sessions.say(id, "work");
  const [first = "", second = ""] = blockers(await sessions.until(id, isIdle("requires_action")));
  assert.deepEqual(driver.effects, []);
  const [one] = await confirm(sessions, id, second, { result: "deny", deny_message: "not that" });
  const left = await sessions.until(id, isIdle("requires_action", 2));
  assert.deepEqual(blockers(left), [first]);
  // The same answer again is no second answer; another one is refused.
  assert.equal((await confirm(sessions, id, second, { result: "deny" }))[0]?.id, one?.id);
  await assert.rejects(confirm(sessions, id, second), { message: /no call of this id waits/ });
  await confirm(sessions, id, first, { result: "allow", gantry: { input: { command: "make safe" } } });
  const log = await sessions.until(id, isIdle("end_turn"));
  assert.deepEqual(driver.effects, ['t0 {"file_path":"/workspace/a"}', 't1 {"command":"make safe"}']);
  assert.deepEqual(
    toLines(log).filter((line) => line.startsWith("result")),
    ["result", "result", "result error"],
  );
  const said = log.find((event) => event.type === "agent.tool_result" && event.is_error === true);
  assert.ok(said?.type === "agent.tool_result" && JSON.stringify(said.content).includes("not that"));
});

test("what the profile denies is refused with the rule, and the like that was allowed is not asked again", async (context) => {
  const driver = working(
    { call: [{ id: "r1", tool: "Read", kind: "built_in", input: { file_path: "/etc/passwd" } }] },
    { call: [bash("t1")] },
    { call: [bash("t2", "make again")] },
  );
  const sessions = await openTestSessions(context, driver);
  const { id } = await sessions.make();
  await sessions.say(id, "work");
  const log = await sessions.until(id, isIdle("requires_action"));
  const denied = log.find((event) => event.type === "agent.tool_use");
  assert.partialDeepStrictEqual(denied, {
    name: "read",
    evaluated_permission: "deny",
    gantry: { rule: 'profile: blockedTools: "Read"' },
  });
  await confirm(sessions, id, blockers(log)[0] ?? "", { result: "allow", gantry: { scope: "session" } });
  const after = await sessions.until(id, isIdle("end_turn"));
  assert.deepEqual(driver.effects.length, 2);
  const last = after.findLast((event) => event.type === "agent.tool_use");
  assert.match(last?.gantry?.rule ?? "", /^session: intr_/);
});

test("at the deadline the default applies, which is no", async (context) => {
  const driver = working({ call: [bash("t1")] });
  const sessions = await openTestSessions(context, driver);
  const { id } = await sessions.make({ gantry: { approvals: { deadline_seconds: 1 } } });
  await sessions.say(id, "work");
  const log = await sessions.until(id, isIdle("end_turn"));
  assert.deepEqual(toLines(log).slice(4), [
    "deny by deadline",
    "running",
    "result error",
    "agent: done",
    "idle end_turn",
  ]);
  assert.deepEqual(driver.effects, []);
  const { items } = await sessions.interactions.list(sessions.caller.principal, { limit: 10, states: ["expired"] });
  assert.partialDeepStrictEqual(items[0], { state: "expired", decided_by: "deadline", decision: { decision: "deny" } });
});

test("who lacks the scope or asked for the work does not approve it", async (context) => {
  const driver = working({ call: [bash("t1")] });
  const sessions = await openTestSessions(context, driver);
  const { id } = await sessions.make({ gantry: { approvals: { four_eyes: true } } });
  await sessions.say(id, "work");
  const log = await sessions.until(id, isIdle("requires_action"));
  const [open] = (await sessions.interactions.list(sessions.caller.principal, { limit: 1 })).items;
  assert.ok(open);
  await assert.rejects(confirm(sessions, id, blockers(log)[0] ?? ""), { message: /Four eyes/ });
  await assert.rejects(sessions.interactions.answer(sessions.caller, open.id, { decision: "allow" }), {
    message: /Four eyes/,
  });
  const powerless = testCaller("key_b", { scopes: ["sessions"] });
  await assert.rejects(sessions.interactions.answer(powerless, open.id, { decision: "allow" }), {
    message: /"approve"/,
  });
  const stranger = testCaller("key_z", { projectId: "prj_z" });
  await assert.rejects(sessions.interactions.answer(stranger, open.id, { decision: "allow" }), { message: /no such/ });
  await sessions.interactions.answer(testCaller("key_b"), open.id, { decision: "deny", message: "no" });
  await sessions.until(id, isIdle("end_turn"));
  assert.deepEqual(driver.effects, []);
});

test("a question of the agent is answered by its answers, and by nothing else", async (context) => {
  const driver = working({ ask: { id: "q1", input: { questions: [] } } });
  const sessions = await openTestSessions(context, driver);
  const { id } = await sessions.make();
  await sessions.say(id, "work");
  await sessions.until(id, isIdle("requires_action"));
  const [open] = (await sessions.interactions.list(sessions.caller.principal, { limit: 1 })).items;
  assert.partialDeepStrictEqual(open, { kind: "question", questions: [{ question: "Which?", multi_select: false }] });
  assert.ok(open);
  await assert.rejects(sessions.interactions.answer(sessions.caller, open.id, { decision: "allow" }), {
    message: /answers/,
  });
  await sessions.interactions.answer(sessions.caller, open.id, { decision: "allow", answers: { "Which?": "A" } });
  await sessions.until(id, isIdle("end_turn"));
  assert.deepEqual(driver.effects, ['q1 {"questions":[],"answers":{"Which?":"A"}}']);
});

test("a tool of the client waits for its result, with its process and without", async (context) => {
  for (const clientToolMs of [60_000, 0]) {
    const driver = working({ call: [look("c1")] });
    const limits = { processes: 4, idleMs: 60_000, clientToolMs, leaseMs: 60_000, pollMs: 20, sweepMs: 20 };
    const sessions = await openTestSessions(context, driver, { limits });
    const { id } = await sessions.make();
    await sessions.say(id, "work");
    const log = await sessions.until(id, isIdle("requires_action"));
    const [toolUseId = ""] = blockers(log);
    await assert.rejects(confirm(sessions, id, toolUseId), { message: /waits for a result/ });
    await sessions.service.send(sessions.caller, id, [
      { type: "user.custom_tool_result", custom_tool_use_id: toolUseId, content: [{ type: "text", text: "42" }] },
    ]);
    const after = await sessions.until(id, isIdle("end_turn"));
    assert.deepEqual(toLines(after).slice(2), [
      "agent.custom_tool_use",
      "idle requires_action",
      "user.custom_tool_result",
      "running",
      "agent: done",
      "idle end_turn",
    ]);
    assert.equal(driver.specs.length, clientToolMs === 0 ? 2 : 1);
  }
});

test("an interrupt ends what waits for an answer, and the answer comes too late", async (context) => {
  const driver = working({ call: [bash("t1")] });
  const sessions = await openTestSessions(context, driver);
  const { id } = await sessions.make();
  await sessions.say(id, "work");
  const log = await sessions.until(id, isIdle("requires_action"));
  await sessions.service.send(sessions.caller, id, [
    { type: "user.interrupt" },
    { type: "user.message", content: [{ type: "text", text: "other" }] },
  ]);
  const after = await sessions.until(id, isIdle("end_turn", 2));
  assert.deepEqual(toLines(after).slice(4), [
    "user.interrupt",
    "result error",
    "idle end_turn",
    "user: other",
    "running",
    "agent: other",
    "idle end_turn",
  ]);
  await assert.rejects(confirm(sessions, id, blockers(log)[0] ?? ""), { message: /no call of this id/ });
  const { items } = await sessions.interactions.list(sessions.caller.principal, { limit: 1, states: ["withdrawn"] });
  assert.equal(items.length, 1);
  assert.deepEqual(driver.effects, []);
});
