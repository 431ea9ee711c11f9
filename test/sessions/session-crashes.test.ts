import assert from "node:assert/strict";
import { test } from "node:test";
import { toFailure } from "@gantry/contracts/errors";
import type { SessionEvent } from "@gantry/contracts/session-events";
import {
  createTestWorkDriver,
  type ScriptStep,
  type TestWorkDriver,
} from "../../packages/server/src/core/sessions/test-work-driver.ts";
import { isIdle, openTestSessions, toLines, type TestSessions } from "./open-sessions-for-test.ts";

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

test("an approval outlives the server, is answered once, and the tool runs once", async (context) => {
  const before = working({ call: [bash("t1")] });
  const sessions = await openTestSessions(context, before);
  const { id } = await sessions.make();
  await sessions.say(id, "work");
  const log = await sessions.until(id, isIdle("requires_action"));
  const after = working();
  const again = await sessions.crash(after);
  const { items } = await again.interactions.list(again.caller.principal, { limit: 10 });
  assert.equal(items.length, 1);
  assert.equal(after.specs.length, 0);
  await confirm(again, id, blockers(log)[0] ?? "");
  await again.until(id, isIdle("end_turn"));
  assert.deepEqual([...before.effects, ...after.effects], ['t1 {"command":"make"}']);
  assert.deepEqual((await again.interactions.list(again.caller.principal, { limit: 10 })).items, []);
});

test("a tool that may have run when the server died is not run again, and the log says so", async (context) => {
  const before = working({ call: [write("t1")] }, { hang: true });
  const hanging = createTestWorkDriver(() => [{ call: [write("t0")] }, { call: [look("c1")] }]);
  const sessions = await openTestSessions(context, hanging);
  const { id } = await sessions.make();
  await sessions.say(id, "work");
  await sessions.until(id, isIdle("requires_action"));
  assert.deepEqual(hanging.effects.length, 1);
  const again = await sessions.crash(before);
  const log = await again.until(
    id,
    (events) => toLines(events).includes("error retrying") || isIdle("retries_exhausted")(events),
  );
  assert.deepEqual(before.prompts, []);
  assert.ok(toLines(log).some((line) => line.startsWith("error")));
  assert.deepEqual(before.effects, []);
});

test("a held approval is put off when the server stops, and answered after the start", async (context) => {
  const before = working({ call: [bash("t1")] });
  const sessions = await openTestSessions(context, before);
  const { id } = await sessions.make({ gantry: { approvals: { hold_seconds: 3600 } } });
  await sessions.say(id, "work");
  const log = await sessions.until(id, isIdle("requires_action"));
  assert.equal(before.running, 1);
  await sessions.stop(60_000);
  assert.equal(before.running, 0);
  const after = working();
  const again = await sessions.crash(after);
  await confirm(again, id, blockers(log)[0] ?? "");
  await again.until(id, isIdle("end_turn"));
  assert.deepEqual([...before.effects, ...after.effects], ['t1 {"command":"make"}']);
});

test("an approval that was held when the server was killed is still open, acted on once from the log, and webhooks are told all", async (context) => {
  const before = working({ call: [bash("t1")] });
  const sessions = await openTestSessions(context, before);
  const hook = { id: "whk_a", url: "https://hooks.example/", events: ["*" as const], description: "", secret: "s" };
  await sessions.store.webhooks.create({ ...hook, projectId: sessions.caller.principal.projectId, createdAt: 0 });
  const { id } = await sessions.make({ gantry: { approvals: { hold_seconds: 3600 } } });
  await sessions.say(id, "work");
  const log = await sessions.until(id, isIdle("requires_action"));
  const after = working();
  const again = await sessions.crash(after);
  const { items } = await again.store.webhooks.listDeliveries("whk_a", { limit: 100 });
  const queued = new Set(items.map(({ type, eventId }) => `${type} ${eventId}`));
  const markOf = (type: SessionEvent["type"]) => log.findLast((event) => event.type === type)?.id.slice(5);
  for (const told of [
    `session.created event_${id.slice(5)}_created`,
    `session.status_run_started event_${markOf("session.status_running")}`,
    `session.status_idled event_${markOf("session.status_idle")}`,
    `session.requires_action event_${markOf("session.status_idle")}_1`,
  ])
    assert.ok(queued.has(told), `${told} of ${[...queued].join(", ")}`);
  await again.until(id, isIdle("requires_action", 2));
  await confirm(again, id, blockers(log)[0] ?? "");
  await again.until(id, isIdle("end_turn"));
  assert.deepEqual([...before.effects, ...after.effects], ['t1 {"command":"make"}']);
});

test("a raise that comes while a budget is being reached is not lost", async (context) => {
  const tooMuch = { fail: toFailure("budget_exceeded") };
  const lookup = { id: "c1", tool: "lookup", kind: "custom", input: {} } as const;
  const driver = createTestWorkDriver((prompt) =>
    prompt === "work" ? [{ call: [lookup] }, tooMuch] : [{ say: prompt }],
  );
  const sessions = await openTestSessions(context, driver);
  const budget = (amount: string) => ({ type: "limit", max_list_cost: { amount, currency: "USD" } }) as const;
  const held = { gantry: { approvals: { hold_seconds: 3600 } } };
  const { id } = await sessions.make({ budget: budget("5"), ...held });
  await sessions.say(id, "work");
  const asked = await sessions.until(id, isIdle("requires_action"));
  const use = asked.find(({ type }) => type === "agent.custom_tool_use");
  await sessions.service.update(sessions.caller, id, { budget: budget("10") });
  await sessions.service.send(sessions.caller, id, [
    { type: "user.custom_tool_result", custom_tool_use_id: use?.id ?? "" },
  ]);
  const log = await sessions.until(id, isIdle("end_turn"));
  assert.deepEqual(toLines(log).slice(-5), [
    "session.usage",
    "idle budget_reached",
    "running",
    "agent: Go on where you stopped.",
    "idle end_turn",
  ]);
});
