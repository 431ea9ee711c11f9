import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type { MessageContent } from "@gantry/contracts/session-inputs";
import type { SessionRecord } from "../ports/session-store.ts";
import type { WorkBlock, WorkEvent } from "../ports/work-driver.ts";
import {
  findAuthority,
  openSessionWorker,
  planConversation,
  planFromLog,
  type Conversation,
  type OpenedWorker,
  type SessionAuthority,
} from "./open-session-worker.ts";
import { isReady, type SessionCommand } from "./session-machine.ts";
import type { SessionParts } from "./session-parts.ts";
import type { SessionTally } from "./session-state.ts";
import type { WantedStep } from "./session-writer.ts";
import { toShownFailure, toTurnFailure } from "./to-turn-failure.ts";
import { toWorkBlocks } from "./to-work-blocks.ts";
import { createToolGate, type ToolGate } from "./tool-gate.ts";
import { createTurnRecorder, type TurnOutcome, type TurnRecorder } from "./turn-recorder.ts";

/** This node's work on one session: from the moment it owns it until it has nothing to do, or is told to let go. */
export interface SessionOwner {
  readonly fence: number;
  /** Has a process and nothing to do with it. */
  readonly isResting: boolean;
  /** The session has changed, by whomever. */
  wake(): void;
  /** Lets go of the process as soon as it rests. */
  giveWay(): void;
  /** Puts off what waits; after `graceMs` what still runs is cut. */
  drain(graceMs: number): void;
  /** Somebody else owns it now: ends the process at once, and writes nothing. */
  lose(): void;
  /** Resolves when there is no process any more. `broken`: what it could not do is to be tried again later. */
  readonly done: Promise<"ended" | "broken">;
}

interface Process extends OpenedWorker {
  readonly gate: ToolGate;
  readonly recorder: TurnRecorder;
}

const continuation: readonly WorkBlock[] = [{ type: "text", text: "Go on where you stopped." }];
const retryBaseMs = 1000;

export function createSessionOwner(parts: SessionParts, owned: SessionRecord): SessionOwner {
  const { writer, clock, log, limits, driver } = parts;
  const { id, fence } = owned;
  let process: Process | undefined;
  let changed = Promise.withResolvers<void>();
  let isResting = false;
  let mode: "working" | "draining" | "lost" = "working";
  let mustGiveWay = false;
  /** Of the turn that is running. */
  let interrupt: () => void = () => {};
  const steering = new Set<string>();

  const current = (): SessionRecord => writer.recall(id) ?? owned;
  async function take(command: SessionCommand, more: Omit<WantedStep, "command"> = {}): Promise<void> {
    const outcome = await writer.take(id, () => ({ command, ...more }), fence);
    if (outcome.kind === "done") return;
    if (outcome.kind === "fenced" || outcome.kind === "gone") mode = "lost";
    throw new Error(`a step of a session could not be taken: ${outcome.kind}`);
  }

  async function work(): Promise<void> {
    // Whoever owned it died in the midst of a turn.
    if (current().state.turn?.phase === "running")
      await fail(toFailure("agent_failed", "The server that ran this turn ended."));
    while (mode === "working") {
      if (isReady(current().state)) await runTurn();
      else if (process === undefined || mustGiveWay || current().state.archived || !(await rest())) return;
    }
  }

  /** True where there is something to look at; false where the process was kept long enough. */
  async function rest(): Promise<boolean> {
    isResting = true;
    let isOver = false;
    const cancel = clock.after(limits.idleMs, () => {
      isOver = true;
      wake();
    });
    void process?.worker.closed.then(wake);
    const { version } = current();
    while (!isOver && mode === "working" && !mustGiveWay && current().version === version) await changed.promise;
    cancel();
    isResting = false;
    return !isOver;
  }

  async function runTurn(): Promise<void> {
    const { turn } = current().state;
    if (turn?.phase === "retrying") await pause(retryBaseMs * 2 ** turn.retries);
    if (mode !== "working") return;
    const cut = new AbortController();
    try {
      const planned = process === undefined ? await plan() : {};
      const notes = "restored" in planned ? { restored: planned.restored } : {};
      if (turn === null) await take({ type: "begin", notes });
      else
        await take({
          type: "takeUp",
          notes: turn.phase === "retrying" ? { ...notes, input_ids: turn.inputIds } : notes,
        });
      if ("error" in planned) throw planned.error;
      const ended = await ensureProcess(planned);
      ended.spending?.takeRefusal();
      const isNew = turn === null || turn.phase === "retrying";
      const { worker, recorder } = ended;
      const events = isNew ? worker.prompt(await readInputs(), cut.signal) : goOn(turn.phase, worker, cut.signal);
      interrupt = () => cut.abort();
      const recording = recorder.record(events);
      react();
      await close(await recording, ended);
    } catch (error) {
      await giveUp(error);
    } finally {
      interrupt = () => {};
    }
  }

  /** What cannot be had is told as the end of the turn that needs it. */
  async function plan(): Promise<Conversation | { readonly error: unknown }> {
    try {
      return await planConversation(parts, current());
    } catch (error) {
      return { error };
    }
  }

  function goOn(phase: string, worker: Process["worker"], signal: AbortSignal): AsyncIterable<WorkEvent> {
    return phase === "continuing" ? worker.prompt(continuation, signal) : worker.resume(signal);
  }

  async function readInputs(): Promise<readonly WorkBlock[]> {
    const { turn } = current().state;
    const events = await Promise.all((turn?.inputIds ?? []).map((eventId) => parts.store.findEvent(id, eventId)));
    const blocks = await Promise.all(
      events.map(async (event) => (event === undefined ? [] : await toBlocks(event.body["content"]))),
    );
    return blocks.flat();
  }

  async function toBlocks(content: unknown): Promise<readonly WorkBlock[]> {
    // Checked when it was sent.
    return await toWorkBlocks(content as readonly MessageContent[], async (fileId) => {
      const { principal } = await findAuthority(parts, current());
      return await parts.sources.readFile(principal, fileId);
    });
  }

  async function ensureProcess(conversation: Conversation): Promise<Process> {
    if (process !== undefined) return process;
    const authority = await findAuthority(parts, current());
    try {
      process = await open(authority, conversation);
    } catch (error) {
      if (!(error instanceof FailureError) || error.failure.code !== "conversation_lost") throw error;
      // No loop: what is put together from the log is not tried twice.
      process = await open(authority, await planFromLog(parts, current()));
      await take({
        type: "record",
        events: [{ type: "session.status_running", body: { gantry: { restored: "log" } } }],
      });
    }
    const opened = process;
    void opened.worker.closed.then(() => {
      if (process === opened) process = undefined;
    });
    return opened;
  }

  async function open(authority: SessionAuthority, told: Conversation): Promise<Process> {
    const recorder = createTurnRecorder({ ...parts, sessionId: id, fence });
    const readFile = (fileId: string) => parts.sources.readFile(authority.principal, fileId);
    const gate = createToolGate({
      ...parts,
      sessionId: id,
      fence,
      profiles: authority.profiles,
      said: recorder.said,
      readFile,
    });
    if (mode !== "working") gate.letGo();
    return { ...(await openSessionWorker(parts, current(), authority, told, gate.handlers)), gate, recorder };
  }

  /** Notes how a turn ended, together with the transcript that holds it. */
  async function close(outcome: TurnOutcome | undefined, ended: Process): Promise<void> {
    const asked = ended.gate.takeAsked();
    if (outcome === undefined)
      throw new FailureError(toFailure("agent_failed", "The agent ended in the midst of the turn."));
    const usage = toTally(outcome, ended.spending?.takeCost());
    if (outcome.type === "turn.failed") {
      const isBudget = ended.spending?.takeRefusal() === true || outcome.error.code === "budget_exceeded";
      if (!isBudget || current().state.turn?.interrupted === true) {
        return await fail(outcome.error, usage);
      }
      const kept = await keepTranscript(ended);
      await take(
        { type: "pause", kept: kept !== undefined, usage, snapshot: toSnapshot(current(), usage) },
        toKept(kept),
      );
      return await letProcessGo();
    }
    const kept = await keepTranscript(ended);
    if (outcome.type === "turn.finished")
      return await take({ type: "end", kept: kept !== undefined, usage }, toKept(kept));
    if (kept === undefined) throw new FailureError(toFailure("conversation_lost"));
    await take({ type: "defer", calls: asked, toolUseIds: outcome.toolUseIds, usage }, toKept(kept));
    await letProcessGo();
  }

  async function keepTranscript({ worker }: Process): Promise<WantedStep["transcript"]> {
    try {
      const { sessionId: transcriptId, content } = await worker.transcript();
      return { transcriptId, content, digest: parts.digest(content) };
    } catch (error) {
      log.warn(
        { err: error, sessionId: id },
        "the transcript of a session could not be kept; its log will be told anew",
      );
      return undefined;
    }
  }

  async function fail(failure: Failure, usage: Partial<SessionTally> = {}): Promise<void> {
    // What waits can be asked about again only by a program that puts calls off.
    await take({ type: "fail", failure: toTurnFailure(failure, driver.capabilities.deferring), usage });
    await letProcessGo();
  }

  async function giveUp(error: unknown): Promise<void> {
    if (mode === "lost") return;
    const isExpected = error instanceof FailureError;
    if (!isExpected) log.error({ err: error, sessionId: id }, "the turn of a session broke");
    if (current().state.turn?.phase === "running") return await fail(toShownFailure(error));
    // Nothing was begun: the same would happen again and again.
    await letProcessGo();
    throw error;
  }

  async function letProcessGo(): Promise<void> {
    const gone = process;
    process = undefined;
    await gone?.worker.close();
  }

  async function pause(ms: number): Promise<void> {
    let isOver = false;
    const cancel = clock.after(ms, () => {
      isOver = true;
      wake();
    });
    while (!isOver && mode === "working" && current().state.turn?.phase === "retrying") await changed.promise;
    cancel();
  }

  /** Brings to the running turn what has happened to it meanwhile. */
  function react(): void {
    const { turn, queue } = current().state;
    if (turn?.phase !== "running" || process === undefined) return;
    if (turn.interrupted) interrupt();
    for (const { eventId, delivery } of queue) if (delivery === "steer" && !steering.has(eventId)) void steer(eventId);
  }

  async function steer(eventId: string): Promise<void> {
    steering.add(eventId);
    try {
      const event = await parts.store.findEvent(id, eventId);
      if (event === undefined || process === undefined) return;
      if (await process.worker.steer(await toBlocks(event.body["content"]))) await take({ type: "steered", eventId });
    } catch (error) {
      // It stays in the queue, and is read when its turn comes.
      log.warn({ err: error }, "a message could not be given to a running turn");
    } finally {
      steering.delete(eventId);
    }
  }

  function wake(): void {
    changed.resolve();
    changed = Promise.withResolvers();
    process?.gate.wake();
    react();
  }

  async function run(): Promise<"ended" | "broken"> {
    try {
      await work();
      return "ended";
    } catch (error) {
      if (mode !== "lost") log.error({ err: error, sessionId: id }, "the work on a session broke off");
      return "broken";
    } finally {
      await letProcessGo();
    }
  }
  const done = run();

  return {
    fence,
    get isResting() {
      return isResting;
    },
    wake,
    giveWay() {
      mustGiveWay = true;
      wake();
    },
    drain(graceMs) {
      if (mode !== "working") return;
      mode = "draining";
      process?.gate.letGo();
      clock.after(graceMs, () => void process?.worker.close());
      wake();
    },
    lose() {
      mode = "lost";
      void letProcessGo();
      wake();
    },
    done,
  };
}

function toKept(transcript: WantedStep["transcript"]): Omit<WantedStep, "command"> {
  return transcript === undefined ? {} : { transcript };
}

function toTally({ usage, costMicros = 0 }: TurnOutcome, cost = costMicros): Partial<SessionTally> {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  return { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costMicros: cost };
}

function toSnapshot({ state, body }: SessionRecord, more: Partial<SessionTally>): object {
  const { usage } = state;
  return {
    usage: {
      input_tokens: usage.inputTokens + (more.inputTokens ?? 0),
      output_tokens: usage.outputTokens + (more.outputTokens ?? 0),
      cache_read_input_tokens: usage.cacheReadTokens + (more.cacheReadTokens ?? 0),
      list_cost: { amount: String(Math.ceil((usage.costMicros + (more.costMicros ?? 0)) / 10_000)), currency: "USD" },
    },
    budget: body.budget,
  };
}
