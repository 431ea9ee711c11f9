import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Message } from "../../packages/contracts/src/completion.ts";
import { collectAnswer } from "../../packages/server/src/core/completions/collect-answer.ts";
import { createSchemaChecker } from "../../packages/server/src/adapters/schemas/create-schema-checker.ts";
import { createCompletionService } from "../../packages/server/src/core/completions/create-completion-service.ts";
import { createProcessPool } from "../../packages/server/src/core/pool/process-pool.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import type { Agent, AgentIdentity, Driver } from "../../packages/server/src/core/ports/driver.ts";
import { toModelView } from "../../test/harness/conversation.ts";
import type { Arena } from "../contestants/contestant.ts";
import { silentLog, startDriver } from "../contestants/start-driver.ts";
import { findAlive, takeSnapshot } from "../measure/process-snapshot.ts";
import type { ChatRequest } from "./check-echo.ts";

/** The server's core with real processes but without HTTP, which knows only one owner yet. */
export interface OwnedService {
  /** Gives the answer's text. Rejects where it fails. */
  ask(owner: string, request: ChatRequest): Promise<string>;
  /** Turns that reached a process of another owner or another system prompt. */
  readonly strayed: number;
  /** Ends everything and gives the number of its processes that still live. */
  stop(): Promise<number>;
}

const limits = {
  maxProcesses: 6,
  minReady: 1,
  queueLength: 64,
  queueWaitMs: 120_000,
  idleMs: 60_000,
  waitMs: 60_000,
  mostWaits: 2,
  maxTurns: 40,
  maxMemoryBytes: 800 * 1024 * 1024,
};
const deadlines = { firstByteMs: 120_000, silenceMs: 120_000, totalMs: 300_000 };

/** Starts the service with few processes, so that owners and system prompts compete for them. */
export async function startOwnedService(arena: Arena): Promise<OwnedService> {
  const { driver, roots, stop } = await startDriver(arena);
  let strayed = 0;
  const watched = watchDriver(driver, () => {
    strayed += 1;
  });
  const pool = createProcessPool({ driver: watched, clock: systemClock, log: silentLog, limits });
  const service = createCompletionService({
    pool,
    clock: systemClock,
    capabilities: driver.capabilities,
    schemas: createSchemaChecker({ clock: systemClock }),
    deadlines,
    digest: (text) => createHash("sha256").update(text).digest("base64"),
    log: silentLog,
    limits,
    firstOwner: "owner-0",
  });
  await service.start();

  return {
    async ask(owner, request) {
      const { signal } = new AbortController();
      const completion = toCompletion(owner, request);
      const answer = await service.complete({ owner, completion, signal });
      const whole = await collectAnswer(answer.events);
      if (!whole.ok) throw new Error(whole.failure.message);
      return whole.text;
    },
    get strayed() {
      return strayed;
    },
    async stop() {
      const snapshot = takeSnapshot(roots());
      service.drain();
      await pool.stop();
      await stop();
      return findAlive(snapshot).length;
    },
  };
}

function toCompletion(owner: string, { model, messages, temperature, max_tokens, stop }: ChatRequest) {
  const view = toModelView(messages);
  assert.ok(JSON.stringify(view.messages).includes(owner), "the owner must show in the prompts");
  return {
    model,
    system: view.system,
    messages: view.messages.map(({ role, texts }): Message => ({
      role: role === "assistant" ? "assistant" : "user",
      content: texts.map((text) => ({ type: "text", text })),
    })),
    sampling: {
      ...(temperature !== undefined && { temperature }),
      ...(max_tokens !== undefined && { maxOutputTokens: max_tokens }),
      ...(stop !== undefined && { stopSequences: stop }),
    },
  };
}

/** Sees to it that a process is bound once, and that each prompt it gets names the owner that it is bound to. */
function watchDriver(driver: Driver, onStray: () => void): Driver {
  return {
    ...driver,
    open: async () => watchAgent(await driver.open(), undefined, onStray),
    openSeeded: async (identity, model, history) =>
      watchAgent(await driver.openSeeded(identity, model, history), identity, onStray),
  };
}

function watchAgent(agent: Agent, bound: AgentIdentity | undefined, onStray: () => void): Agent {
  let identity = bound;
  // What is not watched, its changing properties above all, is the agent's own.
  const watched: Pick<Agent, "initialise" | "replay" | "prompt"> = {
    async initialise(wanted) {
      if (identity !== undefined) onStray();
      identity = wanted;
      await agent.initialise(wanted);
    },
    async replay(model, history) {
      if (!names(history, identity)) onStray();
      await agent.replay(model, history);
    },
    prompt(turn, turnDeadlines, signal) {
      if (!names([turn.prompt], identity)) onStray();
      return agent.prompt(turn, turnDeadlines, signal);
    },
  };
  return Object.assign(Object.create(agent) as Agent, watched);
}

function names(messages: readonly Message[], identity: AgentIdentity | undefined): boolean {
  return identity !== undefined && JSON.stringify(messages).includes(`${identity.owner} `);
}
