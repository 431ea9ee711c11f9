import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { planTranscript } from "./conversation-plan.ts";
import { planSeed } from "./seed-plan.ts";

const sessionId = "01234567-89ab-4cde-8f01-23456789abcd";
const text = (said: string) => ({ type: "text", text: said }) as const;
const use = (id: string) => ({ type: "tool_use", id, name: "Bash", input: {} }) as const;
const result = (id: string) => ({ type: "tool_result", tool_use_id: id, content: "done" }) as const;

const user = (...content: readonly object[]) => ({ type: "user", sessionId, message: { role: "user", content } });
const model = (id: string, ...content: readonly object[]) => ({
  type: "assistant",
  sessionId,
  message: { role: "assistant", id, model: "m", content },
});
const putOff = (toolUseID: string) => ({
  type: "attachment",
  sessionId,
  attachment: { type: "hook_deferred_tool", toolUseID },
});
const toText = (...rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

test("a conversation at rest is gone on with as it is", () => {
  const content = toText(user(text("q")), model("m1", text("a")));
  assert.deepEqual(planTranscript(content, sessionId), {
    transcript: content,
    messages: [],
    open: undefined,
    totals: undefined,
  });
});

test("what was put off is taken out with all since the user's last message, block by block in its order", () => {
  const before = [{ type: "queue-operation", sessionId }, user(text("q")), model("m1", text("a"))];
  const turn = [
    user(text("q2"), text("")),
    model("m2", use("t1")),
    user(result("t1")),
    { type: "attachment", sessionId, attachment: { type: "queued_command", prompt: [text("and that")] } },
    model("m3", { type: "thinking", thinking: "hm", signature: "s" }),
    model("m3", use("t2")),
    { ...user(text("a subagent's")), isSidechain: true },
    { ...model("m9", text("said already")), type: "api-request-blob" },
    model("m3", use("t3")),
    putOff("t2"),
    putOff("t3"),
    { type: "cost-state", sessionId, totalCostUSD: 1, modelUsage: {} },
  ];
  const plan = planTranscript(toText(...before, ...turn), sessionId);
  assert.equal(plan?.transcript, toText(...before));
  assert.deepEqual(plan.messages, [
    { role: "user", content: [text("q2"), text("")] },
    { role: "assistant", content: [use("t1")] },
    { role: "user", content: [result("t1"), text("and that")] },
  ]);
  assert.deepEqual(plan.open, {
    id: "m3",
    model: "m",
    content: [{ type: "thinking", thinking: "hm", signature: "s" }, use("t2"), use("t3")],
  });
});

test("the first turn of all leaves nothing to lay in the home", () => {
  const turn = [user(text("q")), model("m1", use("t1")), putOff("t1")];
  const plan = planTranscript(toText(...turn), sessionId);
  assert.equal(plan?.transcript, undefined);
  assert.deepEqual(plan?.messages, [{ role: "user", content: [text("q")] }]);
});

test("after a compaction the summary is told, then what was kept beside it, then what followed", () => {
  const boundary = {
    type: "system",
    subtype: "compact_boundary",
    sessionId,
    compactMetadata: { preservedMessages: { uuids: ["u1", "u2"] } },
  };
  const summary = { ...user(text("the summary")), isCompactSummary: true };
  const before = [
    user(text("long ago")),
    { ...model("m0", text("kept")), uuid: "u1" },
    { ...user(text("q")), uuid: "u2" },
  ];
  const open = [model("m1", use("t1")), putOff("t1")];
  const inTurn = planTranscript(toText(...before, boundary, summary, ...open), sessionId);
  assert.equal(inTurn?.transcript, undefined);
  assert.deepEqual(
    inTurn?.messages.map(({ content }) => content),
    [[text("the summary")], [text("kept")], [text("q")]],
  );
  // A turn that came after it finds it in the transcript.
  const earlier = [...before, boundary, summary, model("m2", text("a"))];
  const later = planTranscript(toText(...earlier, user(text("q2")), ...open), sessionId);
  assert.equal(later?.transcript, toText(...earlier));
  assert.deepEqual(later?.messages, [{ role: "user", content: [text("q2")] }]);
});

test("a call that ran, or was cut off by a death, is nobody's to run again", () => {
  for (const rows of [
    [user(text("q")), model("m1", use("t1")), putOff("t1"), user(result("t1")), model("m2", text("a"))],
    [user(text("q")), model("m1", use("t1"))],
    [user(text("q")), model("m1", use("t1")), putOff("t1"), user(text("never mind"))],
  ]) {
    assert.equal(planTranscript(toText(...rows), sessionId)?.open, undefined);
  }
});

test("whatever the text, it is a plan or none", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.json()), { maxLength: 8 }), (lines) => {
      planTranscript(lines.join("\n"), sessionId);
    }),
  );
  const row = fc.oneof(
    fc.constantFrom(user(text("q")), model("m1", use("t1")), putOff("t1"), user(result("t1"))),
    fc.object({ key: fc.constantFrom("type", "message", "attachment", "content", "sessionId", "role") }),
  );
  fc.assert(fc.property(fc.array(row, { maxLength: 12 }), (rows) => void planTranscript(toText(...rows), sessionId)));
});

test("a seed at rest lies in the home whole; one that is not is told from the user's last message on", () => {
  const parts = { sessionId, model: "m", timestamp: "2026-01-01T00:00:00.000Z", createId: () => "id" };
  const settled = [
    { role: "user", content: [text("q")] },
    { role: "assistant", content: [text("a")] },
  ] as const;
  const whole = planSeed(settled, parts);
  assert.equal(planTranscript(whole.transcript ?? "", sessionId)?.transcript, whole.transcript);
  assert.deepEqual(whole.messages, []);

  const unanswered = planSeed([...settled, { role: "user", content: [text("q2")] }], parts);
  assert.equal(unanswered.transcript, whole.transcript);
  assert.deepEqual(unanswered.messages, [{ role: "user", content: [text("q2")] }]);
  assert.deepEqual(planSeed([], parts), { transcript: undefined, messages: [], open: undefined, totals: undefined });
});
