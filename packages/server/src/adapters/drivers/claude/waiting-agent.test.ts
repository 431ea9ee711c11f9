import assert from "node:assert/strict";
import { test } from "node:test";
import type { CompletionEvent, Message } from "@gantry/contracts/completion";
import { FailureError } from "@gantry/contracts/errors";
import type { Agent } from "../../../core/ports/driver.ts";
import { createTestClock, settle } from "../../../core/ports/test-clock.ts";
import { silentLog } from "../../../core/ports/test-driver.ts";
import { createClaudeAgent } from "./claude-agent.ts";
import { actLikeCli, cli, createTestProcess, type TestProcess } from "./test-process.ts";

const deadlines = { startMs: 30_000, settleMs: 5_000, interruptMs: 2_000 };
const turnDeadlines = { firstByteMs: 10_000, silenceMs: 10_000, totalMs: 60_000 };
const tools = { definitions: [{ name: "a", inputSchema: { type: "object" } }] };
const question: Message = { role: "user", content: [{ type: "text", text: "q" }] };
const resultsOf = (...ids: string[]): Message => ({
  role: "user",
  content: ids.map((callId) => ({
    type: "tool_result",
    callId,
    content: [{ type: "text", text: `r ${callId}` }],
    isError: false,
  })),
});

const stream = (event: object) => ({ type: "stream_event", event, parent_tool_use_id: null });
const callLines = (index: number, id: string) => [
  stream({ type: "content_block_start", index, content_block: { type: "tool_use", id, name: "a", input: {} } }),
  stream({ type: "content_block_stop", index }),
];
/** The CLI asks for the result of a call. */
const asks = (id: string) => ({
  type: "control_request",
  request_id: `ask ${id}`,
  request: {
    subtype: "mcp_message",
    message: { method: "tools/call", id: 1, params: { name: "a", _meta: { "claudecode/toolUseId": id } } },
  },
});
const tells = (id: string) => ({ type: "user", message: { content: [{ type: "tool_result", tool_use_id: id }] } });
const callAll = (...ids: string[]) => [
  cli.start,
  ...ids.flatMap((id, index) => callLines(index, id)),
  cli.stop("tool_use"),
  stream({ type: "message_stop" }),
];

/** An agent whose model has made two calls. */
async function openWaiting() {
  const clock = createTestClock();
  const process = createTestProcess();
  actLikeCli(process, () => process.print(...callAll("1", "2")));
  const agent = createClaudeAgent({ process, door: undefined, clock, log: silentLog, deadlines });
  await agent.initialise({ owner: "ada", system: "S" });
  const events = await ask(agent, question);
  assert.deepEqual([agent.condition, agent.isWaiting], ["holding", true]);
  return { agent, clock, process, events };
}

async function ask(agent: Agent, prompt: Message): Promise<CompletionEvent[]> {
  const events: CompletionEvent[] = [];
  const turn = { model: "model-one", sampling: {}, prompt, tools };
  for await (const event of agent.prompt(turn, turnDeadlines, new AbortController().signal))
    events.push(event as CompletionEvent);
  return events;
}

/** What was written since, in short. */
function written({ written: lines }: TestProcess, from: number): string[] {
  return lines.slice(from).map((line) => {
    if (line.message !== undefined) return line.message.content === "/clear" ? "/clear" : "prompt";
    if (line.request !== undefined) return String(line.request.subtype);
    return /ask \d/.exec(JSON.stringify(line))?.[0] ?? "reply";
  });
}

const failsWith = (code: string) => (error: unknown) => error instanceof FailureError && error.failure.code === code;

test("results go to the CLI in the order of its model's calls, each when it has told of the one before", async () => {
  const { agent, process } = await openWaiting();
  const from = process.written.length;
  const answered = ask(agent, resultsOf("2", "1"));
  await settle();
  assert.deepEqual(written(process, from), [], "the CLI has not asked yet");
  process.print(asks("2"), asks("1"));
  await settle();
  assert.deepEqual(written(process, from), ["ask 1"]);
  process.print(tells("1"));
  await settle();
  assert.deepEqual(written(process, from), ["ask 1", "ask 2"]);
  process.print(tells("2"), cli.start, cli.text("done"), cli.stop("end_turn"), cli.result);
  const last = (await answered).at(-1);
  assert.ok(last?.type === "answer.finished");
  assert.deepEqual([last.reason, last.costMicros], ["stop", undefined], "the CLI's total is of both parts");
  assert.deepEqual([agent.condition, agent.isWaiting, agent.turns], ["holding", false, 1]);
});

test("a CLI that tells of no result is not waited for", async () => {
  const { agent, clock, process } = await openWaiting();
  const answered = ask(agent, resultsOf("1", "2"));
  process.print(asks("1"), asks("2"));
  await settle();
  clock.advance(1_000);
  await settle();
  process.print(cli.start, cli.text("done"), cli.stop("end_turn"), cli.result);
  assert.equal((await answered).at(-1)?.type, "answer.finished");
  clock.advance(1_000);
  assert.equal(clock.pending, 0);
});

test("a turn that waits is interrupted before it is cleared, and before its process is ended", async () => {
  for (const [step, expected] of [
    ["clear", ["interrupt", "/clear"]],
    ["close", ["interrupt"]],
  ] as const) {
    const { agent, process } = await openWaiting();
    const from = process.written.length;
    await agent[step]();
    assert.deepEqual(written(process, from), expected);
    assert.equal(agent.isWaiting, false);
    assert.equal(agent.condition, step === "clear" ? "empty" : "broken");
  }
});

test("a process that does not let itself be interrupted is ended all the same", async () => {
  const { agent, clock, process } = await openWaiting();
  process.onWritten = () => {};
  const closed = agent.close();
  await settle();
  clock.advance(2_000);
  await closed;
  assert.equal(process.hasEnded(), true);
});

test("results that do not fit end the turn that waits", async () => {
  for (const prompt of [
    resultsOf("1"),
    resultsOf("1", "3"),
    question,
    { ...question, content: [...resultsOf("1", "2").content, ...question.content] },
  ]) {
    const { agent } = await openWaiting();
    await assert.rejects(ask(agent, prompt), failsWith("agent_failed"));
    assert.deepEqual([agent.condition, agent.isWaiting], ["dirty", false]);
  }
});

test("a CLI that goes on without the results is past use", async () => {
  const { agent, process } = await openWaiting();
  process.print(cli.result);
  assert.equal(agent.condition, "broken");
  await settle();
  assert.equal(process.wasKilled, true);
});
