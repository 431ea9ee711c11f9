import type { CompletionEvent, Message } from "@gantry/contracts/completion";
import type { Agent, AgentCondition, AgentIdentity, Driver, Turn } from "./driver.ts";
import type { Log } from "./log.ts";

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Something an agent does that has not come to its end yet. */
export interface TestStep {
  readonly name: "open" | "openSeeded" | "initialise" | "replay" | "clear" | "close";
  readonly agent: TestAgent;
  finish(): void;
  fail(error: Error): void;
}

/** For tests: an agent in memory that checks how it is used. */
export interface TestAgent extends Agent {
  readonly identity: AgentIdentity | undefined;
  /** What it holds now. */
  conversation: readonly Message[];
  condition: AgentCondition;
  /** Its last answer ended with calls of tools. */
  isWaiting: boolean;
  turns: number;
  memory: number;
  /** The pool asked it to end. */
  readonly isClosing: boolean;
  readonly isGone: boolean;
  /** What was said to it, in order. */
  readonly calls: readonly string[];
  /** Ends it as a crash does. */
  crash(): void;
}

export interface TestDriver extends Driver {
  readonly agents: readonly TestAgent[];
  /** What has begun and not ended, where `manual` is set; otherwise everything ends at once. */
  readonly steps: readonly TestStep[];
  manual: boolean;
  /** Breaches of the port's rules: calls at the same time, calls after the end, a second identity. */
  readonly breaches: readonly string[];
  /** What an agent answers. */
  answer: (turn: Turn, agent: TestAgent, signal: AbortSignal) => AsyncIterable<CompletionEvent>;
}

export function createTestDriver(answer: TestDriver["answer"] = answerNothing): TestDriver {
  const agents: TestAgent[] = [];
  const steps: TestStep[] = [];
  const breaches: string[] = [];

  function take(name: TestStep["name"], agent: TestAgent): Promise<void> {
    if (!driver.manual) return Promise.resolve();
    return new Promise<void>((resolve, reject) => {
      const end = (settle: () => void): void => {
        steps.splice(steps.indexOf(step), 1);
        settle();
      };
      const step: TestStep = {
        name,
        agent,
        finish: () => end(resolve),
        fail: (error) => end(() => reject(error)),
      };
      steps.push(step);
    });
  }

  function add(): TestAgent {
    const agent = createTestAgent(`agent-${agents.length + 1}`, {
      take,
      breaches,
      answer: (...all) => driver.answer(...all),
    });
    agents.push(agent);
    return agent;
  }

  const driver: TestDriver = {
    name: "test",
    capabilities: {
      clearing: true,
      seeding: true,
      seedFromMessages: 4,
      tracing: true,
      formTool: undefined,
      takesResults: () => true,
    },
    agents,
    steps,
    manual: false,
    breaches,
    answer,
    async open() {
      const agent = add();
      await orCrash(agent, take("open", agent));
      return agent;
    },
    async openSeeded(identity, _model, history) {
      const agent = add();
      await orCrash(agent, take("openSeeded", agent));
      await orCrash(agent, agent.initialise(identity));
      agent.conversation = history;
      agent.condition = "holding";
      return agent;
    },
  };
  return driver;
}

async function orCrash(agent: TestAgent, step: Promise<void>): Promise<void> {
  await step.catch((error: unknown) => {
    agent.crash();
    throw error;
  });
}

async function* answerNothing(): AsyncGenerator<CompletionEvent> {}

interface AgentParts {
  readonly take: (name: TestStep["name"], agent: TestAgent) => Promise<void>;
  readonly breaches: string[];
  readonly answer: TestDriver["answer"];
}

function createTestAgent(id: string, { take, breaches, answer }: AgentParts): TestAgent {
  const calls: string[] = [];
  const gone = Promise.withResolvers<void>();
  let identity: AgentIdentity | undefined;
  let doing: string | undefined;
  let isClosing = false;
  let isGone = false;

  function begin(name: string): void {
    calls.push(name);
    if (doing !== undefined) breaches.push(`${id}: ${name} during ${doing}`);
    if (isClosing) breaches.push(`${id}: ${name} after close`);
    if (name !== "initialise" && identity === undefined) breaches.push(`${id}: ${name} before initialise`);
    doing = name;
  }

  async function perform(name: TestStep["name"]): Promise<void> {
    begin(name);
    try {
      await take(name, agent);
      if (isGone) throw new Error(`${id} is gone`);
    } catch (error) {
      agent.condition = "broken";
      throw error;
    } finally {
      doing = undefined;
    }
  }

  function end(): void {
    isGone = true;
    agent.condition = "broken";
    gone.resolve();
  }

  const agent: TestAgent = {
    id,
    version: "1.0.0",
    models: [
      { id: "model-one", aliases: ["one"], displayName: "One" },
      { id: "model-two", aliases: ["two"], displayName: "Two" },
    ],
    conversation: [],
    condition: "empty",
    isWaiting: false,
    turns: 0,
    memory: 0,
    calls,
    modelWaitMs: 7,
    closed: gone.promise,
    get identity() {
      return identity;
    },
    get isClosing() {
      return isClosing;
    },
    get isGone() {
      return isGone;
    },
    async initialise(given) {
      if (identity !== undefined) breaches.push(`${id}: a second identity`);
      await perform("initialise");
      identity = given;
    },
    async replay(_model, history) {
      if (agent.conversation.length > 0) breaches.push(`${id}: replay into a conversation`);
      await perform("replay");
      agent.conversation = history;
      agent.condition = "dirty";
    },
    async *prompt(turn, _deadlines, signal) {
      begin("prompt");
      agent.turns += 1;
      agent.condition = "dirty";
      agent.isWaiting = false;
      let text = "";
      try {
        for await (const event of answer(turn, agent, signal)) {
          if (event.type === "text.delta") text += event.text;
          if (event.type === "answer.finished") {
            agent.condition = "holding";
            agent.isWaiting = event.reason === "tool_calls";
          }
          yield event;
        }
      } finally {
        doing = undefined;
        agent.conversation = [
          ...agent.conversation,
          turn.prompt,
          { role: "assistant", content: [{ type: "text", text }] },
        ];
        if (isGone) agent.condition = "broken";
      }
    },
    async clear() {
      await perform("clear");
      agent.conversation = [];
      agent.condition = "empty";
      agent.isWaiting = false;
    },
    memoryBytes: () => agent.memory,
    async close() {
      isClosing = true;
      if (isGone) return;
      await take("close", agent);
      end();
    },
    crash: end,
  };
  return agent;
}
