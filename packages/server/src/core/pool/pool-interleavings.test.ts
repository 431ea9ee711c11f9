import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "@gantry/contracts/completion";
import fc from "fast-check";
import { createTestClock, settle } from "../ports/test-clock.ts";
import { createTestDriver, silentLog, type TestAgent } from "../ports/test-driver.ts";
import type { Need } from "./choose-process.ts";
import { emptyConversation, extendConversation } from "./conversation-key.ts";
import type { Lease } from "./lease.ts";
import { createProcessPool } from "./process-pool.ts";

const limits = {
  maxProcesses: 3,
  minReady: 1,
  queueLength: 3,
  queueWaitMs: 20_000,
  idleMs: 30_000,
  waitMs: 20_000,
  mostWaits: 1,
  maxTurns: 6,
  maxMemoryBytes: 1000,
};
const keyOf = (messages: readonly Message[]) => extendConversation(emptyConversation, messages, (text) => text);
const say = (role: Message["role"], text: string): Message => ({ role, content: [{ type: "text", text }] });

interface Held {
  readonly lease: Lease;
  readonly need: Need;
  readonly history: readonly Message[];
  readonly agent: TestAgent;
}

/**
 * Does at random what clients, processes and time can do to a pool, and looks after each step whether all is as it must
 * be. The numbers choose among what is possible at that moment.
 */
function createWorld() {
  const clock = createTestClock();
  const driver = createTestDriver();
  driver.manual = true;
  const pool = createProcessPool({ driver, clock, log: silentLog, limits });
  const held: Held[] = [];
  const leaving: AbortController[] = [];
  const known: { need: Need; history: readonly Message[] }[] = [];
  const outcomes = { asked: 0, settled: 0 };
  let words = 0;

  const pick = <T>(all: readonly T[], number: number): T | undefined => all[number % Math.max(1, all.length)];

  function acquire(need: Need, history: readonly Message[]): void {
    const abort = new AbortController();
    leaving.push(abort);
    outcomes.asked += 1;
    pool.acquire(need, history, abort.signal).then(
      (lease) => {
        outcomes.settled += 1;
        take(lease, need, history);
      },
      () => {
        outcomes.settled += 1;
      },
    );
  }

  function take(lease: Lease, need: Need, history: readonly Message[]): void {
    const agent = driver.agents.find(({ id }) => id === lease.agent.id);
    assert.ok(agent);
    assert.equal(
      held.some((other) => other.agent === agent),
      false,
      "an agent is lent twice",
    );
    assert.deepEqual([agent.identity?.owner, agent.identity?.system], [need.owner, need.system]);
    if (!agent.isGone) {
      // It holds nothing, or exactly what the request goes on with.
      assert.equal(keyOf(agent.conversation), lease.needsReplay ? emptyConversation : need.conversation);
      assert.equal(agent.condition, lease.needsReplay ? "empty" : "holding");
    }
    held.push({ lease, need, history, agent });
  }

  function giveBack(how: number, number: number): void {
    const used = pick(held, number);
    if (used === undefined) return;
    held.splice(held.indexOf(used), 1);
    const { agent, lease, need, history } = used;
    if (how === 0 || agent.isGone) return lease.release(undefined);
    agent.turns += 1;
    agent.memory = how === 4 ? 2000 : 0;
    words += 1;
    agent.conversation = [...history, say("user", `q${words}`), say("assistant", `a${words}`)];
    agent.condition = how === 1 ? "dirty" : how === 2 ? "broken" : "holding";
    if (agent.condition === "holding") known.push({ need, history: agent.conversation });
    lease.release(agent.condition === "holding" ? keyOf(agent.conversation) : undefined);
  }

  const failing = () => driver.steps.filter(({ name }) => name !== "close");
  const acts: ((number: number) => void)[] = [
    (number) => {
      const [owner, system] = [pick(["ada", "bob"], number) ?? "", pick(["", "S"], number >> 1) ?? ""];
      const model = pick(["one", "two"], number >> 2) ?? "";
      acquire({ owner, system, model, conversation: emptyConversation, prefersSeeding: false }, []);
    },
    (number) => {
      const earlier = pick(known, number);
      if (earlier === undefined) return;
      const { need, history } = earlier;
      acquire({ ...need, conversation: keyOf(history), prefersSeeding: number % 5 === 0 }, history);
    },
    (number) => giveBack(3, number),
    (number) => giveBack(number % 5, number >> 3),
    (number) => pick(leaving, number)?.abort(new Error("left")),
    (number) => pick(driver.steps, number)?.finish(),
    (number) => pick(driver.steps, number)?.finish(),
    (number) => pick(driver.steps, number)?.finish(),
    (number) => number % 3 === 0 && pick(failing(), number)?.fail(new Error("failed")),
    (number) =>
      number % 3 === 0 &&
      pick(
        driver.agents.filter(({ isGone }) => !isGone),
        number,
      )?.crash(),
    (number) => clock.advance([1, 100, 5_000, 31_000][number % 4] ?? 0),
  ];

  function check(): void {
    const running = driver.agents.filter(({ isGone, isClosing }) => !isGone && !isClosing);
    assert.ok(running.length <= limits.maxProcesses, `${running.length} processes run`);
    assert.ok(pool.slots().length <= limits.maxProcesses);
    assert.ok(pool.queueLength <= limits.queueLength + limits.maxProcesses);
    assert.deepEqual(driver.breaches, []);
    for (const { agent } of held) assert.equal(agent.isClosing && !agent.isGone, false, "a lent agent is ended");
  }

  return {
    async run(script: readonly (readonly [number, number])[]): Promise<void> {
      for (const [act, number] of script) {
        acts[act % acts.length]?.(number);
        await settle();
        check();
      }
    },
    async end(): Promise<void> {
      const stopping = pool.stop();
      while (held.length > 0) giveBack(3, 0);
      driver.manual = false;
      while (driver.steps.length > 0) {
        for (const step of driver.steps.slice()) step.finish();
        await settle();
        while (held.length > 0) giveBack(3, 0);
      }
      await stopping;
      await settle();
      assert.equal(outcomes.settled, outcomes.asked, "a request got no answer");
      assert.deepEqual(
        driver.agents.filter(({ isGone }) => !isGone).map(({ id }) => id),
        [],
      );
      assert.equal(clock.pending, 0, "a timer was left");
      assert.deepEqual(driver.breaches, []);
    },
  };
}

test("whatever clients, processes and time do, no process serves two owners, prompts, requests or conversations", async () => {
  const script = fc.array(fc.tuple(fc.nat(10), fc.nat(10_000)), { minLength: 20, maxLength: 120, size: "max" });
  await fc.assert(
    fc.asyncProperty(script, async (steps) => {
      const world = createWorld();
      await world.run(steps);
      await world.end();
    }),
    { numRuns: 300 },
  );
});
