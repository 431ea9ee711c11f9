import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message, Sampling } from "@gantry/contracts/completion";
import { FailureError } from "@gantry/contracts/errors";
import type { Agent, AgentEvent } from "../../../core/ports/driver.ts";
import { createTestClock, settle } from "../../../core/ports/test-clock.ts";
import { silentLog } from "../../../core/ports/test-driver.ts";
import { createClaudeAgent } from "./claude-agent.ts";
import { defaultSettings } from "./runtime-settings.ts";
import { actLikeCli, cli, createTestProcess, type TestProcess, type WrittenLine } from "./test-process.ts";

const turnDeadlines = { firstByteMs: 10_000, silenceMs: 10_000, totalMs: 60_000 };
const say = (role: Message["role"], text: string): Message => ({ role, content: [{ type: "text", text }] });
const failsWith = (code: string) => (error: unknown) => error instanceof FailureError && error.failure.code === code;

function open() {
  const clock = createTestClock();
  const process = createTestProcess();
  actLikeCli(process, () => process.print(cli.start, cli.text("a"), cli.stop("end_turn"), cli.result));
  const deadlines = { startMs: 30_000, settleMs: 5_000, interruptMs: 2_000 };
  const agent = createClaudeAgent({ process, door: undefined, clock, log: silentLog, deadlines });
  return { agent, clock, process };
}

async function openReady() {
  const opened = open();
  await opened.agent.initialise({ owner: "ada", system: "S" });
  return opened;
}

interface Asked {
  readonly model?: string;
  readonly sampling?: Sampling;
  readonly signal?: AbortSignal;
}

async function ask(agent: Agent, { model = "model-one", sampling = {}, signal }: Asked = {}): Promise<AgentEvent[]> {
  const events: AgentEvent[] = [];
  const turn = { model, sampling, prompt: say("user", "q") };
  for await (const event of agent.prompt(turn, turnDeadlines, signal ?? new AbortController().signal))
    events.push(event);
  return events;
}

/** What was written since, in short: `set_model one`, `settings`, `/clear`, `history`, `prompt`, `assistant`. */
function written({ written: lines }: TestProcess, from = 0): string[] {
  return lines.slice(from).map((line: WrittenLine) => {
    const { subtype, model } = line.request ?? {};
    if (subtype === "set_model") return `set_model ${String(model)}`;
    if (subtype !== undefined) return subtype === "apply_flag_settings" ? "settings" : subtype;
    if (line.message?.content === "/clear") return "/clear";
    return line.type === "assistant" ? "assistant" : line.shouldQuery === false ? "history" : "prompt";
  });
}

test("it is bound to a system prompt once, and tells its version and models then", async () => {
  const { agent, process } = open();
  assert.deepEqual([agent.version, agent.models.length, agent.condition], [undefined, 0, "empty"]);
  await agent.initialise({ owner: "ada", system: "Be brief." });
  assert.deepEqual(process.written[0]?.request?.["systemPrompt"], ["Be brief."]);
  assert.deepEqual([agent.version, agent.models.map(({ id }) => id)], ["9.9.9", ["model-one", "model-two"]]);
});

test("one that does not answer, or answers what cannot be read, in its time is unavailable", async () => {
  const { agent, clock, process } = open();
  process.onWritten = () => {};
  const started = assert.rejects(agent.initialise({ owner: "ada", system: "" }), failsWith("agent_unavailable"));
  clock.advance(30_000);
  await started;
  assert.equal(agent.condition, "broken");

  const other = open();
  other.process.onWritten = (line) => other.process.print(cli.granted(line, { models: "none" }));
  await assert.rejects(other.agent.initialise({ owner: "ada", system: "" }), failsWith("agent_failed"));
});

test("the first turn sets its model, and the next of the same model is the prompt alone", async () => {
  const { agent, process } = await openReady();
  await ask(agent);
  assert.deepEqual(written(process, 1), ["set_model one", "prompt"]);
  assert.equal(agent.condition, "holding");
  await ask(agent);
  assert.deepEqual(written(process, 3), ["prompt"]);
  assert.equal(agent.turns, 2);
});

test("the note of a change of model is cleared away before anything else is said", async () => {
  const { agent, process } = await openReady();
  await ask(agent);
  await agent.clear();
  const before = process.written.length;
  await agent.replay("model-two", [say("user", "q1"), say("assistant", "a1")]);
  assert.equal(agent.condition, "dirty");
  await ask(agent, { model: "model-two" });
  assert.deepEqual(written(process, before), ["set_model two", "/clear", "history", "assistant", "prompt"]);
});

test("a user's line of a history is waited for before the next is sent", async () => {
  const { agent, process } = await openReady();
  await ask(agent);
  await agent.clear();
  process.onWritten = () => {};
  const before = process.written.length;
  const replayed = agent.replay("model-one", [
    say("user", "1"),
    say("assistant", "2"),
    say("user", "3"),
    say("assistant", "4"),
  ]);
  await settle();
  assert.deepEqual(written(process, before), ["history"]);
  process.print({ ...cli.result, num_turns: 0 });
  await settle();
  assert.deepEqual(written(process, before), ["history", "assistant", "history"]);
  process.print({ ...cli.result, num_turns: 0 });
  await replayed;
  assert.deepEqual(written(process, before), ["history", "assistant", "history", "assistant"]);
});

test("settings are set for the turn that has them and set back for the one that has not", async () => {
  const { agent, process } = await openReady();
  await ask(agent);
  const settings = () =>
    process.written.findLast(({ request }) => request?.subtype === "apply_flag_settings")?.request?.["settings"];
  await ask(agent, { sampling: { stopSequences: ["END"], maxOutputTokens: 5_000 } });
  assert.deepEqual(settings(), {
    env: {
      CLAUDE_CODE_EXTRA_BODY: '{"stop_sequences":["END"]}',
      CLAUDE_CODE_MAX_OUTPUT_TOKENS: "5000",
      CLAUDE_CODE_DISABLE_THINKING: "",
      CLAUDE_CODE_EFFORT_LEVEL: "",
      ANTHROPIC_CUSTOM_HEADERS: "",
    },
  });
  await ask(agent, { sampling: { stopSequences: ["END"], maxOutputTokens: 5_000 } });
  await ask(agent);
  assert.deepEqual(settings(), { env: defaultSettings });
  assert.equal(written(process).filter((each) => each === "settings").length, 2);
});

test("a CLI that refuses its settings answers nothing with those of another turn, and is ended", async () => {
  const { agent, process } = await openReady();
  await ask(agent);
  process.onWritten = (line) => {
    if (line.request !== undefined) process.print(cli.refused(line));
    else void settle().then(() => process.print(cli.start, cli.text("wrong"), cli.stop("end_turn"), cli.result));
  };
  const events = await ask(agent, { sampling: { temperature: 0 } });
  assert.deepEqual(
    events.map(({ type }) => type),
    ["answer.failed"],
  );
  assert.equal(agent.condition, "broken");
  assert.equal(process.wasKilled, true);
});

test("a model that the CLI did not name is not asked for", async () => {
  const { agent, process } = await openReady();
  await assert.rejects(ask(agent, { model: "model-three" }), failsWith("model_not_found"));
  assert.deepEqual(written(process, 1), []);
});

test("no step waits for ever on a CLI that says nothing, or takes nothing", async () => {
  const history = [say("user", "1"), say("assistant", "2")];
  const steps: Record<string, (agent: Agent) => Promise<unknown>> = {
    "a change of model": (agent) => ask(agent, { model: "model-two" }),
    "a replay": (agent) => agent.replay("model-one", history),
    "an assistant's line": (agent) => agent.replay("model-one", history.slice(1)),
    "a clear": (agent) => agent.clear(),
  };
  for (const [name, step] of Object.entries(steps)) {
    const { agent, clock, process } = await openReady();
    await ask(agent);
    process.onWritten = () => {};
    process.isStuck = true;
    const failed = assert.rejects(step(agent), failsWith("agent_failed"), name);
    await settle();
    clock.advance(5_000);
    await failed;
    assert.equal(agent.condition, "broken", name);
    assert.equal(clock.pending, 0, name);
  }
});

test("a clear that the CLI reports as failed leaves a process that is not used again", async () => {
  const { agent, process } = await openReady();
  await ask(agent);
  process.onWritten = () => process.print({ ...cli.result, is_error: true });
  await assert.rejects(agent.clear(), failsWith("agent_failed"));
  assert.equal(agent.condition, "broken");
});

test("a turn whose client has left is not even begun", async () => {
  const { agent, process } = await openReady();
  const before = process.written.length;
  assert.deepEqual(await ask(agent, { signal: AbortSignal.abort() }), []);
  assert.equal(process.written.length, before);
  assert.equal(agent.condition, "empty");
});

test("a turn that was cut off has to be cleared, an answer like the CLI's placeholder too", async () => {
  const { agent, process } = await openReady();
  const answer = (...lines: object[]) => actLikeCli(process, () => process.print(cli.start, ...lines));
  answer(cli.text("a"), cli.stop("max_tokens"));
  assert.equal((await ask(agent)).at(-1)?.type, "answer.finished");
  assert.equal(agent.condition, "dirty");
  await agent.clear();
  assert.equal(agent.condition, "empty");
  answer(cli.text("(no "), cli.text("content)"), cli.stop("end_turn"), cli.result);
  await ask(agent);
  assert.equal(agent.condition, "dirty");
});

test("each turn costs what the CLI's total grew by, over clears of either kind", async () => {
  const { agent, process } = await openReady();
  const costs: (number | undefined)[] = [];
  let total = 0;
  const turnTo = async (next: number): Promise<void> => {
    total = next;
    actLikeCli(process, () =>
      process.print(cli.start, cli.text("a"), cli.stop("end_turn"), { ...cli.result, total_cost_usd: total }),
    );
    const last = (await ask(agent)).at(-1);
    costs.push(last?.type === "answer.finished" ? last.costMicros : undefined);
  };
  const clearTo = async (next: number): Promise<void> => {
    process.onWritten = () => process.print({ ...cli.result, total_cost_usd: next });
    await agent.clear();
  };
  await turnTo(0.000_001_5);
  await turnTo(0.000_001_5);
  await turnTo(0.5);
  await clearTo(0);
  await turnTo(0.25);
  await clearTo(0.25);
  await turnTo(0.35);
  assert.deepEqual(costs, [2, 0, 499_999, 250_000, 100_000]);
});

test("a process that ends by itself is broken from that moment, and told as closed", async () => {
  const { agent, process } = await openReady();
  process.end(1);
  assert.equal(agent.condition, "broken");
  await agent.closed;
  await Promise.all([agent.close(), agent.close()]);
});
