import assert from "node:assert/strict";
import { test } from "node:test";
import type { ToolVerdict, WorkEvent, WorkHandlers } from "../../../../core/ports/work-driver.ts";
import { createTestClock, settle } from "../../../../core/ports/test-clock.ts";
import { silentLog } from "../../../../core/ports/test-driver.ts";
import { actLikeCli, cli, createTestProcess, type TestProcess } from "../test-process.ts";
import { createClaudeWorker } from "./claude-worker.ts";

const deadlines = {
  startMs: 30_000,
  settleMs: 5_000,
  interruptMs: 2_000,
  model: { firstByteMs: 10_000, silenceMs: 10_000, totalMs: 60_000 },
};

async function open(handlers: Partial<WorkHandlers> = {}, isOverfull = async () => false) {
  const clock = createTestClock();
  const process = createTestProcess();
  // A turn begins and goes no further; the tests say what comes.
  actLikeCli(process, () => process.print(cli.status));
  let ids = 0;
  const worker = createClaudeWorker({
    process,
    door: undefined,
    spec: {
      walls: { owner: "ada", network: { kind: "none" } },
      model: "m",
      tools: ["Bash"],
      customTools: [],
      mcpServers: [],
      trustWorkspaceSettings: false,
      handlers: {
        beforeTool: async () => ({ behavior: "allow" }),
        callTool: async () => ({ content: [], isError: false }),
        askUser: async () => ({ behavior: "deny", message: "Nobody." }),
        ...handlers,
      },
    },
    sessionId: "s",
    plan: { transcript: undefined, messages: [], open: undefined, totals: undefined },
    folder: { directory: "/none", read: async () => undefined, isOverfull, remove: async () => {} },
    clock,
    log: silentLog,
    deadlines,
    createId: () => `id-${(ids += 1)}`,
  });
  await worker.initialise();
  return { worker, process, clock };
}

async function ask(worker: Awaited<ReturnType<typeof open>>["worker"]): Promise<WorkEvent[]> {
  const events: WorkEvent[] = [];
  const prompt = worker.prompt([{ type: "text", text: "q" }], new AbortController().signal);
  for await (const event of prompt) events.push(event);
  return events;
}

const failureOf = (events: readonly WorkEvent[]): string | undefined => {
  const last = events.at(-1);
  return last?.type === "turn.failed" ? last.error.code : last?.type;
};

const hook = (id: string, requestId: string) => ({
  type: "control_request",
  request_id: requestId,
  request: { subtype: "hook_callback", input: { tool_name: "Bash", tool_input: {} }, tool_use_id: id },
});

const repliesOf = ({ written }: TestProcess) =>
  written.filter(({ type }) => type === "control_response") as unknown as readonly {
    readonly response: { readonly subtype: string; readonly request_id: string; readonly response?: unknown };
  }[];

test("lines that are no JSON, or too long, or cut off by a death end the turn as the agent's failure", async () => {
  const breaks: Record<string, (process: TestProcess) => void> = {
    garbage: (process) => process.print(...Array.from({ length: 10 }, () => "Segmentation fault")),
    "a line that is too long": (process) => process.overflow(),
    "a death": (process) => process.end(139),
  };
  for (const [name, doBreak] of Object.entries(breaks)) {
    const { worker, process } = await open();
    const events = ask(worker);
    await settle();
    doBreak(process);
    assert.equal(failureOf(await events), "agent_failed", name);
    assert.equal(failureOf(await ask(worker)), "agent_failed", `${name}, and the next`);
  }
});

test("lines and blocks of kinds that nobody knows are passed over", async () => {
  const { worker, process } = await open();
  const events = ask(worker);
  await settle();
  process.print(
    { type: "later_release", message: 7 },
    { type: "assistant", message: null },
    { type: "assistant", message: { content: "text" } },
    { type: "assistant", message: { id: "m", content: [{ type: "tool_use" }, { type: "unheard_of" }] } },
    { type: "user", message: { content: [{ type: "tool_result" }] } },
    {
      type: "stream_event",
      event: { type: "content_block_delta", index: 9, delta: { type: "text_delta", text: "lost" } },
    },
    { type: "stream_event", event: { type: "content_block_stop", index: -4 } },
    { type: "system", subtype: "task_started", task_id: {}, tool_use_id: [] },
    { type: "control_request", request_id: "r", request: { subtype: "elicitation" } },
    { ...cli.result, modelUsage: [], total_cost_usd: "much" },
  );
  assert.deepEqual(
    (await events).map(({ type }) => type),
    ["model.requested", "turn.finished"],
  );
  assert.equal(repliesOf(process).find(({ response }) => response.request_id === "r")?.response.subtype, "error");
});

test("a model that gives no sign, and a program that falls silent, fail the turn in their time", async () => {
  const silent = await open();
  const events = ask(silent.worker);
  await settle();
  silent.clock.advance(10_000);
  assert.equal(failureOf(await events), "upstream_timeout");

  const stuck = await open();
  const later = ask(stuck.worker);
  await settle();
  stuck.process.print(cli.start, cli.stop("tool_use"), { type: "stream_event", event: { type: "message_stop" } });
  stuck.clock.advance(60_000);
  assert.equal(failureOf(await later), "agent_failed");
});

test("a program that does not stop when it is told to is lost, and ended", async () => {
  const { worker, process, clock } = await open();
  process.onWritten = () => process.print(cli.status);
  const events = ask(worker);
  await settle();
  const stopping = worker.interrupt();
  clock.advance(2_000);
  await stopping;
  assert.equal(failureOf(await events), "agent_failed");
  assert.equal(process.wasKilled, true);
});

test("whoever decides may take as long as they like, and what is decided after the end is dropped", async () => {
  const verdict = Promise.withResolvers<ToolVerdict>();
  const { worker, process, clock } = await open({ beforeTool: () => verdict.promise });
  const events = ask(worker);
  await settle();
  const used = {
    type: "assistant",
    message: { id: "m", content: [{ type: "tool_use", id: "t1", name: "Bash", input: {} }] },
  };
  process.print(cli.start, used, cli.stop("tool_use"), { type: "stream_event", event: { type: "message_stop" } });
  process.print(hook("t1", "h1"));
  clock.advance(86_400_000);
  await settle();
  assert.deepEqual(repliesOf(process), []);
  await worker.interrupt();
  assert.equal(failureOf(await events), "turn.finished");
  verdict.resolve({ behavior: "allow" });
  await settle();
  // A call outside of a turn has nobody who could decide.
  process.print(hook("t2", "h2"));
  await settle();
  assert.equal(repliesOf(process).find(({ response }) => response.request_id === "h2")?.response.subtype, "error");
});

test("a call cannot be put off where no model plane stands in between", async () => {
  const { worker, process } = await open({ beforeTool: async () => ({ behavior: "defer" }) });
  const events = ask(worker);
  await settle();
  process.print(cli.start, hook("t1", "h1"));
  await settle();
  assert.match(
    JSON.stringify(repliesOf(process)[0]?.response.response),
    /"permissionDecision":"deny".*cannot be put off/,
  );
  process.print({ ...cli.result });
  assert.equal(failureOf(await events), "turn.finished");
});

test("a reader that is slow holds the program back, and gets everything", async () => {
  const { worker, process } = await open();
  const reader = worker.prompt([{ type: "text", text: "q" }], new AbortController().signal)[Symbol.asyncIterator]();
  assert.equal((await reader.next()).value?.type, "model.requested");
  const block = {
    type: "stream_event",
    event: { type: "content_block_start", index: 0, content_block: { type: "text" } },
  };
  const delta = (text: string) => ({
    type: "stream_event",
    event: { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } },
  });
  process.print(cli.start, block, ...Array.from({ length: 1_000 }, (_, index) => delta(`${index} `)));
  assert.equal(process.isPaused, true);
  process.print({ type: "stream_event", event: { type: "content_block_stop", index: 0 } }, cli.result);
  const texts: string[] = [];
  for (let next = await reader.next(); next.done !== true; next = await reader.next()) {
    if (next.value.type === "text") texts.push(next.value.text);
  }
  assert.equal(texts[0]?.split(" ").length, 1_001);
});

test("a program that fills the folder of its transcripts is ended", async () => {
  let isOverfull = false;
  const { worker, process, clock } = await open({}, async () => isOverfull);
  const events = ask(worker);
  await settle();
  clock.advance(2_000);
  await settle();
  assert.equal(process.wasKilled, false);
  isOverfull = true;
  clock.advance(2_000);
  assert.equal(failureOf(await events), "agent_failed");
  assert.equal(process.wasKilled, true);
});
