import assert from "node:assert/strict";
import { test } from "node:test";
import { type CompletionEvent, type Message, noUsage } from "@gantry/contracts/completion";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { createTestPool, type TestPool } from "../pool/test-pool.ts";
import type { AgentModel } from "../ports/driver.ts";
import { settle } from "../ports/test-clock.ts";
import { silentLog, type TestAgent } from "../ports/test-driver.ts";
import { createCompletionService } from "./create-completion-service.ts";

const say = (role: Message["role"], text: string): Message => ({ role, content: [{ type: "text", text }] });
const textOf = ({ content }: Message) => content.map((block) => (block.type === "text" ? block.text : "")).join("");
const failsWith = (code: string) => (error: unknown) => error instanceof FailureError && error.failure.code === code;
const broken = toFailure("upstream_failed");

const finished: CompletionEvent = { type: "answer.finished", reason: "stop", usage: noUsage };
const failed: CompletionEvent = { type: "answer.failed", error: broken, usage: noUsage };
const delta = (text: string): CompletionEvent => ({ type: "text.delta", text });

function createService(testPool: TestPool = createTestPool()) {
  const { pool, driver, clock } = testPool;
  // The answer repeats all that the process was told, so that a leak shows.
  driver.answer = async function* ({ prompt, model }, agent) {
    yield { type: "answer.started", model };
    for (const message of [...agent.conversation, prompt]) yield delta(`${textOf(message)};`);
    yield finished;
  };
  const service = createCompletionService({
    pool,
    capabilities: driver.capabilities,
    deadlines: { firstByteMs: 1000, silenceMs: 1000, totalMs: 1000 },
    digest: (text) => text,
    schemas: { examine: async () => undefined, check: async () => [] },
    clock,
    log: silentLog,
    limits: { maxProcesses: 3, queueLength: 4 },
    firstOwner: "ada",
  });
  const complete = (
    messages: readonly Message[],
    more: { model?: string; signal?: AbortSignal; owner?: string } = {},
  ) => {
    const { model = "one", signal = new AbortController().signal, owner = "ada" } = more;
    return service.complete({ owner, completion: { model, system: "S", messages, sampling: {} }, signal });
  };
  return { ...testPool, service, complete };
}

async function read(
  events: AsyncIterable<CompletionEvent>,
): Promise<{ text: string; last: CompletionEvent | undefined }> {
  let text = "";
  let last: CompletionEvent | undefined;
  for await (const event of events) {
    if (event.type === "text.delta") text += event.text;
    last = event;
  }
  return { text, last };
}

test("the next request of a conversation goes back to the process that holds it, with the prompt alone", async () => {
  const { complete, driver } = createService();
  const first = await complete([say("user", "q1")]);
  assert.deepEqual(await read(first.events), { text: "q1;", last: finished });
  const second = await complete([say("user", "q1"), say("assistant", "q1;"), say("user", "q2")]);
  assert.equal(second.temperature, "same-conversation");
  assert.equal((await read(second.events)).text, "q1;q1;;q2;");
  assert.deepEqual(driver.agents.at(-1)?.calls.includes("replay"), false);
});

test("a history that no process holds is replayed before the prompt, and replayed alone", async () => {
  const { complete } = createService();
  await read((await complete([say("user", "other")])).events);
  const history = [say("user", "q1"), say("assistant", "a1")];
  const answer = await complete([...history, say("user", "q2")]);
  assert.equal((await read(answer.events)).text, "q1;a1;q2;");
  const changed = await complete([say("user", "q1!"), say("assistant", "a1"), say("user", "q2")]);
  assert.notEqual(changed.temperature, "same-conversation");
  assert.equal((await read(changed.events)).text, "q1!;a1;q2;");
});

test("a long history starts a process that holds it, without a replay", async () => {
  const { complete, driver } = createService();
  const history = [say("user", "1"), say("assistant", "2"), say("user", "3"), say("assistant", "4")];
  const answer = await complete([...history, say("user", "5")]);
  assert.equal((await read(answer.events)).text, "1;2;3;4;5;");
  assert.deepEqual(driver.agents.at(-1)?.calls, ["initialise", "prompt"]);
});

test("another model or another owner does not get the process that holds the conversation", async () => {
  const { complete } = createService();
  await read((await complete([say("user", "q1")])).events);
  const next = [say("user", "q1"), say("assistant", "q1;"), say("user", "q2")];
  for (const more of [{ model: "two" }, { owner: "bob" }]) {
    const answer = await complete(next, more);
    assert.notEqual(answer.temperature, "same-conversation");
    assert.equal((await read(answer.events)).text, "q1;q1;;q2;");
  }
});

/** What became of the process, told by what the pool did to it after its turn. */
async function outcomeOf({ pool }: TestPool, agent: TestAgent | undefined): Promise<string> {
  await settle();
  const slot = pool.slots().find((each) => each.agent === agent);
  return slot === undefined ? "ended" : slot.lent ? "lent" : slot.state;
}

test("the process goes back in every outcome of a turn", async () => {
  const ways: Record<string, { answer: CompletionEvent[] | Error; expected: string }> = {
    finished: { answer: [delta("a"), finished], expected: "holding" },
    "finished with nothing said": { answer: [finished], expected: "clean" },
    failed: { answer: [delta("a"), failed], expected: "clean" },
    "ended with no last word": { answer: [delta("a")], expected: "clean" },
    "broken off by a bug": { answer: new Error("bug"), expected: "clean" },
  };
  for (const [way, { answer, expected }] of Object.entries(ways)) {
    const world = createService();
    world.driver.answer = async function* () {
      if (answer instanceof Error) throw answer;
      yield* answer;
    };
    const { last } = await read((await world.complete([say("user", "q")])).events);
    assert.equal(await outcomeOf(world, world.driver.agents.at(-1)), expected, way);
    if (answer instanceof Error)
      assert.deepEqual(last, { type: "answer.failed", error: toFailure("internal"), usage: noUsage });
  }
});

test("a replay that fails is one failed answer, and ends the process", async () => {
  const world = createService();
  const answer = await world.complete([say("user", "q1"), say("assistant", "a1"), say("user", "q2")]);
  world.driver.manual = true;
  const outcome = read(answer.events);
  await settle();
  const step = world.driver.steps[0];
  assert.equal(step?.name, "replay");
  world.driver.manual = false;
  step.fail(new FailureError(toFailure("agent_failed")));
  assert.deepEqual((await outcome).last, { type: "answer.failed", error: toFailure("agent_failed"), usage: noUsage });
  assert.equal(await outcomeOf(world, step.agent), "ended");
});

test("a reader that leaves early gives the process back clean", async () => {
  const world = createService();
  for await (const event of (await world.complete([say("user", "q")])).events) if (event.type === "text.delta") break;
  assert.equal(await outcomeOf(world, world.driver.agents.at(-1)), "clean");
});

test("an answer that nobody reads gives its process back when the client leaves", async () => {
  const world = createService();
  const leaving = new AbortController();
  await world.complete([say("user", "q")], { signal: leaving.signal });
  assert.equal(await outcomeOf(world, world.driver.agents.at(-1)), "lent");
  leaving.abort(new Error("left"));
  assert.equal(await outcomeOf(world, world.driver.agents.at(-1)), "clean");
});

test("an answer that is read when the client has left already says nothing and does not touch the process", async () => {
  const world = createService();
  const leaving = new AbortController();
  const answer = await world.complete([say("user", "q")], { signal: leaving.signal });
  leaving.abort(new Error("left"));
  const other = await world.complete([say("user", "other")]);
  assert.deepEqual(await read(answer.events), { text: "", last: undefined });
  assert.deepEqual(await read(other.events), { text: "other;", last: finished });
});

test("a request whose client left in the queue fails with the reason, not as one of ours", async () => {
  const world = createService();
  await assert.rejects(world.complete([say("user", "q")], { signal: AbortSignal.abort(new Error("left")) }), /left/);
});

test("an unknown model is told before a process is asked for, with the names that are known", async () => {
  const { complete } = createService();
  await assert.rejects(complete([say("user", "q")], { model: "three" }), (error) => {
    assert.ok(error instanceof FailureError);
    assert.deepEqual([error.failure.code, error.failure.param], ["model_not_found", "model"]);
    return /one, model-one, two, model-two/.test(error.failure.message);
  });
});

test("everybody who asks before the first process is ready waits for the same one", async () => {
  const { service, driver } = createService();
  driver.manual = true;
  const [first, second] = [service.models(), service.models()];
  assert.equal(driver.steps.length, 1);
  driver.manual = false;
  driver.steps[0]?.finish();
  const known: readonly AgentModel[] = await first;
  assert.equal(await second, known);
  assert.equal(driver.agents.length, 1);
});

test("a first process that cannot be started is tried again until it can", async () => {
  const { service, driver, clock } = createService();
  driver.manual = true;
  const started = service.start();
  for (const pauseMs of [1_000, 2_000]) {
    driver.steps[0]?.fail(new FailureError(toFailure("agent_unavailable")));
    await settle();
    assert.equal(service.status().ready, false);
    clock.advance(pauseMs);
    await settle();
  }
  driver.manual = false;
  driver.steps[0]?.finish();
  await started;
  assert.equal(service.status().ready, true);
  assert.equal(service.status().agentVersion, "1.0.0");
});

test("while it drains nothing new is begun, and it is not ready", async () => {
  const { complete, service } = createService();
  const running = await complete([say("user", "q")]);
  service.drain();
  await assert.rejects(complete([say("user", "q")]), failsWith("draining"));
  assert.equal(service.status().ready, false);
  assert.equal(service.status().processes.busy, 1);
  assert.deepEqual(await read(running.events), { text: "q;", last: finished });
});

test("requests at the same time never see a word of each other", async () => {
  const { complete, service } = createService(createTestPool({ maxProcesses: 3, queueLength: 40 }));
  await service.models();
  const asked = Array.from({ length: 20 }, (_, index) => ({
    owner: index % 2 === 0 ? "ada" : "bob",
    text: `q${index}`,
  }));
  const heard = await Promise.all(
    asked.map(async ({ owner, text }) => {
      let conversation: Message[] = [say("user", text)];
      for (let turn = 0; turn < 3; turn += 1) {
        const expected = conversation.map((message) => `${textOf(message)};`).join("");
        const answer = await read((await complete(conversation, { owner })).events);
        assert.equal(answer.text, expected);
        conversation = [...conversation, say("assistant", answer.text), say("user", `${text} again`)].slice(-3);
      }
      return text;
    }),
  );
  assert.equal(heard.length, 20);
});
