import { type Completion, type CompletionEvent, type Message, noUsage } from "@gantry/contracts/completion";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import {
  emptyConversation,
  extendConversation,
  toWaitingKey,
  type ConversationKey,
  type Digest,
} from "../pool/conversation-key.ts";
import type { Lease } from "../pool/lease.ts";
import type { ProcessPool } from "../pool/process-pool.ts";
import type { Slot } from "../pool/slot.ts";
import type { Clock } from "../ports/clock.ts";
import type { Agent, AgentModel, DriverCapabilities, Turn, TurnDeadlines } from "../ports/driver.ts";
import type { Log } from "../ports/log.ts";
import type { SchemaChecker } from "../ports/schema-checker.ts";
import { createOutputPlans } from "../schemas/create-output-plans.ts";
import { resolveModel } from "../routing/resolve-model.ts";
import { createAnswerRecorder } from "./answer-recorder.ts";
import { askAgent, type Question } from "./ask-agent.ts";
import type { CompletionRequest, CompletionService, StartedAnswer } from "./completion-service.ts";
import { findSettledEnd } from "./find-settled-end.ts";

export interface CompletionServiceParts {
  readonly pool: ProcessPool;
  readonly capabilities: DriverCapabilities;
  readonly deadlines: TurnDeadlines;
  readonly digest: Digest;
  readonly schemas: SchemaChecker;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: { readonly maxProcesses: number; readonly queueLength: number };
  /** Whose process is made first, so that the models are known before anybody asks. */
  readonly firstOwner: string;
}

/** The service with the two calls that its owner alone makes. */
export interface OwnedCompletionService extends CompletionService {
  /**
   * Starts the first process, and tries again until it succeeds or the server drains. Never rejects: a CLI that does not
   * start shows in the status and in each answer.
   */
  start(): Promise<void>;
  drain(): void;
}

const longestPauseMs = 30_000;
/** In characters. No model says a tenth of it; an agent process that has lost its way may print for ever. */
const longestAnswer = 16 * 1024 * 1024;

export function createCompletionService(parts: CompletionServiceParts): OwnedCompletionService {
  const { pool, capabilities, deadlines, digest, schemas, clock, log, limits } = parts;
  const settleFormat = createOutputPlans(schemas);
  let known: readonly AgentModel[] = [];
  let version: string | undefined;
  let priming: Promise<Agent> | undefined;
  let draining = false;

  async function models(): Promise<readonly AgentModel[]> {
    if (known.length > 0) return known;
    priming ??= pool.prime({ owner: parts.firstOwner, system: "" }).finally(() => {
      priming = undefined;
    });
    const agent = await priming;
    known = agent.models;
    version = agent.version;
    if (known.length > 0) return known;
    await agent.close();
    throw new FailureError(toFailure("agent_unavailable", "The agent program reports no models."));
  }

  async function complete({
    owner,
    completion,
    signal,
    isStreamed = false,
    traceparent,
    caller,
  }: CompletionRequest): Promise<StartedAnswer> {
    if (draining) throw new FailureError(toFailure("draining"));
    const model = resolveModel(completion.model, await models());
    if ("code" in model) throw new FailureError(model);
    const prompt = completion.messages.at(-1);
    if (prompt === undefined) throw new FailureError(toFailure("invalid_request", "The conversation is empty."));
    refuseForm(completion, capabilities);
    const plan = completion.outputFormat && (await settleFormat(completion.outputFormat));
    const history = completion.messages.slice(0, -1);
    const before = extendConversation(emptyConversation, history, digest);
    const goesOn = prompt.content.some(({ type }) => type === "tool_result") && capabilities.takesResults(prompt);
    const need = {
      owner,
      system: completion.system,
      ...(plan === undefined ? {} : { outputSchema: JSON.stringify(plan.plain) }),
      model: model.id,
      conversation: goesOn ? toWaitingKey(before, completion.tools, digest) : before,
      prefersSeeding: capabilities.seeding && findSettledEnd(history) >= capabilities.seedFromMessages,
    };
    const lease = await pool.acquire(need, history, signal);
    const trace = traceparent !== undefined && capabilities.tracing ? { traceparent } : {};
    const paid = caller === undefined ? {} : { caller };
    const { sampling, tools, effort, thinking } = completion;
    const wishes = {
      ...(tools === undefined ? {} : { tools }),
      ...(effort === undefined ? {} : { effort }),
      ...(thinking === undefined ? {} : { thinking }),
    };
    const turn: Turn = { model: model.id, sampling, prompt, ...wishes, ...trace, ...paid };
    const form = { plan, schemas, isStreamed };
    const answer = createAnswer({ lease, turn, form, history, before, signal, deadlines, digest, log });
    return {
      temperature: lease.temperature,
      model: model.id,
      events: answer,
      modelWaitMs: () => lease.agent.modelWaitMs,
    };
  }

  return {
    async start() {
      // Whoever waits for the server to be ready sends it nothing before, so nothing but this would try again.
      for (let pauseMs = 1000; !draining; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
        try {
          await models();
          return;
        } catch (error) {
          if (draining) return;
          log.error({ err: error }, "the first agent process could not be made ready");
        }
        await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
      }
    },
    drain() {
      draining = true;
      pool.drain();
    },
    complete,
    models,
    knownModels: () => known,
    status() {
      const slots = pool.slots();
      const count = (state: Slot["state"]): number => slots.filter((slot) => slot.state === state).length;
      return {
        ready: !draining && known.length > 0,
        processes: {
          busy: count("working"),
          holding: count("holding"),
          clean: count("clean"),
          spare: count("spare"),
          starting: count("starting"),
          limit: limits.maxProcesses,
        },
        queue: { length: pool.queueLength, limit: limits.queueLength },
        agentVersion: version,
        models: known.map(({ id }) => id),
      };
    },
  };
}

/** Throws a `FailureError` where an answer in JSON cannot be given. */
function refuseForm({ outputFormat, tools }: Completion, { formTool }: DriverCapabilities): void {
  if (outputFormat === undefined) return;
  if (formTool === undefined)
    throw new FailureError(toFailure("unsupported_feature", "JSON answers are not served by this agent program."));
  if (tools?.definitions.some(({ name }) => name === formTool) === true) {
    const message = `Where JSON is asked for, no tool can be called ${formTool}: the agent program has one of that name.`;
    throw new FailureError(toFailure("invalid_request", message, { param: "tools" }));
  }
}

interface AnswerParts {
  readonly lease: Lease;
  readonly turn: Turn;
  readonly form: Pick<Question, "plan" | "schemas" | "isStreamed">;
  readonly history: readonly Message[];
  readonly before: ConversationKey;
  readonly signal: AbortSignal;
  readonly deadlines: TurnDeadlines;
  readonly digest: Digest;
  readonly log: Log;
}

/** The events of one answer. The process goes back to the pool when they end, are left, or were never read. */
function createAnswer(parts: AnswerParts): AsyncIterable<CompletionEvent> {
  const { lease, signal } = parts;
  const giveBackUnread = (): void => lease.release(undefined);
  if (signal.aborted) giveBackUnread();
  signal.addEventListener("abort", giveBackUnread, { once: true });
  return {
    async *[Symbol.asyncIterator]() {
      signal.removeEventListener("abort", giveBackUnread);
      // The process went back when the client left: it may be somebody else's by now.
      if (!signal.aborted) yield* readAnswer(parts);
    },
  };
}

async function* readAnswer(parts: AnswerParts): AsyncGenerator<CompletionEvent, void, undefined> {
  const { lease, turn, history, signal, deadlines, log } = parts;
  const { agent } = lease;
  const asked = askAgent({ agent, turn, deadlines, signal, ...parts.form });
  const answer = createAnswerRecorder();
  let isWhole = false;
  try {
    if (lease.needsReplay && history.length > 0) await agent.replay(turn.model, history);
    for await (const event of asked.events) {
      if (event.type === "answer.started") lease.answering();
      answer.take(event);
      isWhole = event.type === "answer.finished";
      if (answer.length > longestAnswer) throw new FailureError(toFailure("agent_failed", "The answer has no end."));
      yield event;
    }
  } catch (error) {
    log.error({ err: error, process: agent.id }, "a turn failed");
    const failure = error instanceof FailureError ? error.failure : toFailure("internal");
    yield { type: "answer.failed", error: failure, usage: noUsage };
  } finally {
    // Found again only where the client can send back what the process holds.
    const isFound = isWhole && answer.content.length > 0 && !asked.wasAskedAgain();
    lease.release(agent.condition === "holding" && isFound ? toHeldKey(parts, answer.content) : undefined);
  }
}

function toHeldKey({ lease, turn, before, digest }: AnswerParts, content: Message["content"]): ConversationKey {
  const key = extendConversation(before, [turn.prompt, { role: "assistant", content }], digest);
  return lease.agent.isWaiting ? toWaitingKey(key, turn.tools, digest) : key;
}
