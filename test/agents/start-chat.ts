import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Completion, CompletionEvent, Message } from "@gantry/contracts/completion";
import type { ContentBlock, ToolCallBlock, ToolResultBlock } from "@gantry/contracts/content";
import { createClaudeDriver } from "../../packages/server/src/adapters/drivers/claude/claude-driver.ts";
import { createSchemaChecker } from "../../packages/server/src/adapters/schemas/create-schema-checker.ts";
import { createAnswerRecorder } from "../../packages/server/src/core/completions/answer-recorder.ts";
import { createCompletionService } from "../../packages/server/src/core/completions/create-completion-service.ts";
import type { ProcessTemperature } from "../../packages/server/src/core/completions/completion-service.ts";
import type { PoolLimits } from "../../packages/server/src/core/pool/pool-limits.ts";
import { createProcessPool, type ProcessPool } from "../../packages/server/src/core/pool/process-pool.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import { findClaudeVersion, type ClaudeVersion } from "../harness/claude-versions.ts";
import { startWatchedModel, type WatchedModel } from "../harness/watched-model.ts";
import { createTestHost, silentLog } from "../processes/hosting.ts";

/** The service of completions over the real CLI, in this very process, without keys and money. */
export interface Chat {
  readonly model: WatchedModel;
  readonly pool: ProcessPool;
  /** Sends a conversation and reads the answer to its end, which must be good. */
  ask(messages: readonly Message[], more?: Asked): Promise<ChatAnswer>;
  /** The same for an answer that may fail. */
  attempt(messages: readonly Message[], more?: Asked): Promise<Omit<ChatAnswer, "finished">>;
  stop(): Promise<void>;
}

export interface Asked extends Partial<Omit<Completion, "messages">> {
  readonly owner?: string;
  readonly isStreamed?: boolean;
}

export interface ChatAnswer {
  readonly temperature: ProcessTemperature;
  /** The process that gave it; undefined where it is gone. */
  readonly processId: string | undefined;
  readonly events: readonly CompletionEvent[];
  readonly content: readonly ContentBlock[];
  readonly text: string;
  readonly calls: readonly ToolCallBlock[];
  readonly finished: Extract<CompletionEvent, { type: "answer.finished" }>;
}

const roomy: PoolLimits = {
  maxProcesses: 4,
  minReady: 1,
  queueLength: 20,
  queueWaitMs: 120_000,
  idleMs: 3_600_000,
  waitMs: 3_600_000,
  mostWaits: 2,
  maxTurns: 1_000,
  maxMemoryBytes: 8e9,
};

export async function startChat(version: ClaudeVersion, limits: Partial<PoolLimits> = {}): Promise<Chat> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "gantry-chat-")));
  const model = await startWatchedModel();
  const host = await createTestHost("none", directory);
  const driver = createClaudeDriver({
    host,
    clock: systemClock,
    log: silentLog,
    binary: findClaudeVersion(version),
    upstream: {
      credentialKind: "api-key",
      variables: { ANTHROPIC_BASE_URL: model.url, ANTHROPIC_API_KEY: "test" },
      retries: 0,
    },
    deadlines: { startMs: 120_000, settleMs: 60_000, interruptMs: 60_000 },
    createId: randomUUID,
    doors: undefined,
  });
  const schemas = createSchemaChecker({ clock: systemClock });
  const pool = createProcessPool({ driver, clock: systemClock, log: silentLog, limits: { ...roomy, ...limits } });
  const service = createCompletionService({
    pool,
    capabilities: driver.capabilities,
    schemas,
    deadlines: { firstByteMs: 120_000, silenceMs: 120_000, totalMs: 240_000 },
    digest: (text) => createHash("sha256").update(text).digest("base64"),
    clock: systemClock,
    log: silentLog,
    limits: { maxProcesses: 4, queueLength: 20 },
    firstOwner: "ada",
  });

  const attempt: Chat["attempt"] = async (messages, { owner = "ada", isStreamed = false, ...more } = {}) => {
    const completion = { model: "haiku", system: "You are a test.", sampling: {}, ...more, messages };
    const signal = new AbortController().signal;
    const answer = await service.complete({ owner, completion, signal, isStreamed });
    const lent = pool.slots().find(({ lent: isLent, binding }) => isLent && binding?.owner === owner);
    const events: CompletionEvent[] = [];
    const recorder = createAnswerRecorder();
    for await (const event of answer.events) {
      events.push(event);
      recorder.take(event);
    }
    const { content } = recorder;
    return {
      temperature: answer.temperature,
      processId: lent?.agent?.id,
      events,
      content,
      text: content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join(""),
      calls: content.filter((block) => block.type === "tool_call"),
    };
  };

  return {
    model,
    pool,
    attempt,
    async ask(messages, more) {
      const answer = await attempt(messages, more);
      const finished = answer.events.at(-1);
      assert.ok(finished?.type === "answer.finished", JSON.stringify(finished));
      return { ...answer, finished };
    },
    async stop() {
      await pool.stop();
      await host.stopAll();
      await model.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export const user = (...texts: string[]): Message => ({
  role: "user",
  content: texts.map((text) => ({ type: "text", text })),
});

export const said = ({ content }: Pick<ChatAnswer, "content">): Message => ({ role: "assistant", content });

/** The results of calls, in the order in which they are given. */
export const results = (
  ...given: readonly (readonly [
    id: string | undefined,
    content: string | ToolResultBlock["content"],
    isError?: boolean,
  ])[]
): Message => ({
  role: "user",
  content: given.map(([callId = "", content, isError = false]) => ({
    type: "tool_result",
    callId,
    content: typeof content === "string" ? [{ type: "text", text: content }] : content,
    isError,
  })),
});
