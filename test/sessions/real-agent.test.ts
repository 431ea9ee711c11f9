import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionEvent } from "@gantry/contracts/session-events";
import type { CallPayer } from "../../packages/server/src/core/model-plane/call-payer.ts";
import { forEachDriver } from "../agents/start-work.ts";
import { isIdle, openTestSessions, toLines } from "./open-sessions-for-test.ts";

const payer: CallPayer = {
  open: async () => ({ inputTokens: 1, outputTokens: 1, extend: async () => undefined, settle: async () => {} }),
};
const parts = { openPayer: () => payer };

const blockers = (log: readonly SessionEvent[]): readonly string[] => {
  const idle = log.findLast((event) => event.type === "session.status_idle");
  return idle?.stop_reason.type === "requires_action" ? idle.stop_reason.event_ids : [];
};

forEachDriver((work) => {
  test("a session asks before a command runs, and goes on with the answer in another process", async (context) => {
    const sessions = await openTestSessions(context, work.driver, parts);
    const { id } = await sessions.make();
    await sessions.say(id, '[[demo:say First.]][[demo:tool Bash {"command":"echo one > f; cat f"}]][[demo:say Done.]]');
    const log = await sessions.until(id, isIdle("requires_action"));
    assert.deepEqual(toLines(log).slice(1), ["running", "agent: First.", "use bash ask", "idle requires_action"]);
    await sessions.service.send(sessions.caller, id, [
      { type: "user.tool_confirmation", tool_use_id: blockers(log)[0] ?? "", result: "allow" },
    ]);
    const after = await sessions.until(id, isIdle("end_turn"));
    assert.deepEqual(toLines(after).slice(5), ["allow by key_a", "running", "result", "agent: Done.", "idle end_turn"]);
    const result = after.find(({ type }) => type === "agent.tool_result");
    assert.ok(JSON.stringify(result).includes("one"));
  });

  test("a tool of the client, a question and a refusal go through the log and back", async (context) => {
    const sessions = await openTestSessions(context, work.driver, parts);
    const { id } = await sessions.make();
    const question = {
      question: "Which?",
      header: "Pick",
      options: [
        { label: "A", description: "a" },
        { label: "B", description: "b" },
      ],
      multiSelect: false,
    };
    await sessions.say(
      id,
      `[[demo:tool lookup {"of":"x"}]][[demo:tool Read {"file_path":"/etc/hosts"}]][[demo:tool AskUserQuestion ${JSON.stringify({ questions: [question] })}]][[demo:say Done.]]`,
    );
    const first = await sessions.until(id, isIdle("requires_action"));
    await sessions.service.send(sessions.caller, id, [
      {
        type: "user.custom_tool_result",
        custom_tool_use_id: blockers(first)[0] ?? "",
        content: [{ type: "text", text: "42" }],
      },
    ]);
    const second = await sessions.until(id, isIdle("requires_action", 2));
    assert.deepEqual(toLines(second).slice(2), [
      "agent.custom_tool_use",
      "idle requires_action",
      "user.custom_tool_result",
      "running",
      "use read deny",
      "result error",
      "use AskUserQuestion ask",
      "idle requires_action",
    ]);
    const [open] = (await sessions.interactions.list(sessions.caller.principal, { limit: 1 })).items;
    assert.partialDeepStrictEqual(open, { kind: "question", questions: [{ question: "Which?" }] });
    await sessions.interactions.answer(sessions.caller, open?.id ?? "", {
      decision: "allow",
      answers: { "Which?": "B" },
    });
    const log = await sessions.until(id, isIdle("end_turn"));
    const told = log.findLast(({ type }) => type === "agent.tool_result");
    assert.match(JSON.stringify(told), /Which\?.{0,10}B/);
  });

  test("an interrupt ends a running turn, and the next message goes on", async (context) => {
    const sessions = await openTestSessions(context, work.driver, parts);
    const { id } = await sessions.make();
    await sessions.say(id, "[[demo:tokens 40]][[demo:pace 500]]");
    await sessions.until(id, (log) => log.some(({ type }) => type === "span.model_request_start"));
    await sessions.service.send(sessions.caller, id, [{ type: "user.interrupt" }]);
    const log = await sessions.until(id, isIdle("end_turn"));
    assert.equal(log.at(-1)?.gantry?.detail, "interrupted");
    await sessions.say(id, "[[demo:say Next.]]");
    // Where nothing was said before the interrupt, the CLI tells the model both messages as one.
    const after = await sessions.until(id, isIdle("end_turn", 2));
    assert.ok(toLines(after).some((line) => line.startsWith("agent: ")));
  });

  test("a session comes back by its transcript after a crash of the server, and from its log without one", async (context) => {
    const sessions = await openTestSessions(context, work.driver, parts);
    const { id } = await sessions.make();
    await sessions.say(id, "[[demo:say Kept.]]");
    await sessions.until(id, isIdle("end_turn"));
    const again = await sessions.crash(work.driver);
    await again.say(id, "[[demo:echo]]");
    const log = await again.until(id, isIdle("end_turn", 2));
    assert.ok(JSON.stringify(log.findLast(({ type }) => type === "agent.message")).includes("Kept."));
    const record = await again.store.sessions.find(id);
    assert.ok(record);
    const damaged = { transcriptId: "t", content: "nothing", digest: "wrong", sequence: record.lastSequence };
    const { version, state } = record;
    const commit = {
      sessionId: id,
      version,
      now: 1,
      status: "idle",
      ready: false,
      state,
      events: [],
      transcript: damaged,
    } as const;
    assert.equal((await again.store.sessions.commit(commit)).kind, "committed");
    const third = await again.crash(work.driver);
    await third.say(id, "[[demo:echo]]");
    const last = await third.until(id, isIdle("end_turn", 3));
    assert.equal(last.findLast(({ type }) => type === "session.status_running")?.gantry?.restored, "log");
    assert.ok(JSON.stringify(last.findLast(({ type }) => type === "agent.message")).includes("Kept."));
  });
});
