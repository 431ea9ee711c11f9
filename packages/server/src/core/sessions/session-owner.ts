import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type { SessionRecord } from "../ports/session-store.ts";
import { planConversation, toWay, type Conversation, type TurnWay } from "./open-session-worker.ts";
import { isReady, type SessionCommand } from "./session-machine.ts";
import type { SessionParts } from "./session-parts.ts";
import { beginWork, openSessionProcess, readInput, readTranscript, type SessionProcess } from "./session-process.ts";
import type { SessionTally } from "./session-state.ts";
import type { WantedStep } from "./session-writer.ts";
import { toShownFailure, toTurnFailure, withWait } from "./to-turn-failure.ts";
import { toPause, toTally } from "./turn-figures.ts";
import type { TurnOutcome } from "./turn-recorder.ts";

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

const retryBaseMs = 1000;
type Budget = SessionRecord["body"]["budget"];
type CommandOf = (record: SessionRecord) => SessionCommand;

export function createSessionOwner(parts: SessionParts, owned: SessionRecord): SessionOwner {
  const { writer, clock, log, limits, driver } = parts;
  const { id, fence } = owned;
  let process: SessionProcess | undefined;
  let changed = Promise.withResolvers<void>();
  let isResting = false;
  let mode: "working" | "draining" | "lost" = "working";
  let mustGiveWay = false;
  /** Of the turn that is running. */
  let interrupt: () => void = () => {};
  const steering = new Set<string>();

  const current = (): SessionRecord => writer.recall(id) ?? owned;
  async function take(wanted: SessionCommand | CommandOf, more: Omit<WantedStep, "command"> = {}): Promise<void> {
    const toCommand = typeof wanted === "function" ? wanted : () => wanted;
    const outcome = await writer.take(id, (record) => ({ command: toCommand(record), ...more }), fence);
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
    void process?.worker.closed.then(wake);
    const { version } = current();
    const wasWoken = await waitWhile(limits.idleMs, () => !mustGiveWay && current().version === version);
    isResting = false;
    return wasWoken;
  }

  /** False where the time was over first. */
  async function waitWhile(ms: number, holds: () => boolean): Promise<boolean> {
    let isOver = false;
    const cancel = clock.after(ms, () => {
      isOver = true;
      wake();
    });
    while (!isOver && mode === "working" && holds()) await changed.promise;
    cancel();
    return !isOver;
  }

  async function runTurn(): Promise<void> {
    const { turn } = current().state;
    const way = toWay(turn);
    const isBroken = (): boolean => current().state.status === "rescheduling";
    if (turn !== null && turn.retries > 0) await waitWhile(retryBaseMs * 2 ** turn.retries, isBroken);
    if (mode !== "working") return;
    const cut = new AbortController();
    try {
      const planned = process === undefined ? await plan(way) : {};
      const notes = "restored" in planned ? { restored: planned.restored } : {};
      if (turn === null) await take({ type: "begin", notes });
      else await take({ type: "takeUp", notes: way === "prompt" ? { ...notes, input_ids: turn.inputIds } : notes });
      if ("error" in planned) throw planned.error;
      const ended = await ensureProcess(planned, way);
      ended.spending?.takeRefusal();
      const { budget } = current().body;
      const events = await beginWork(parts, current(), ended, way, cut.signal);
      interrupt = () => cut.abort();
      const recording = ended.recorder.record(events);
      react();
      await close(await recording, ended, budget);
    } catch (error) {
      await giveUp(error);
    } finally {
      interrupt = () => {};
    }
  }

  /** What cannot be had is told as the end of the turn that needs it. */
  async function plan(way: TurnWay): Promise<Conversation | { readonly error: unknown }> {
    try {
      return await planConversation(parts, current(), way);
    } catch (error) {
      return { error };
    }
  }

  async function ensureProcess(conversation: Conversation, way: TurnWay): Promise<SessionProcess> {
    if (process !== undefined) return process;
    const restored = { type: "session.status_running", body: { gantry: { restored: "log" } } } as const;
    const opened = await openSessionProcess(parts, current(), conversation, way, () =>
      take({ type: "record", events: [restored] }),
    );
    process = opened;
    if (mode !== "working") opened.gate.letGo();
    void opened.worker.closed.then(() => {
      if (process === opened) process = undefined;
    });
    return opened;
  }

  /** Notes how a turn ended, together with the transcript that holds it. */
  async function close(outcome: TurnOutcome | undefined, ended: SessionProcess, budget: Budget): Promise<void> {
    const asked = ended.gate.takeAsked();
    if (outcome === undefined) throw new FailureError(toFailure("agent_failed"));
    const usage = toTally(outcome, ended.spending?.takeCost());
    const isFailed = outcome.type === "turn.failed";
    const isBudget = isFailed && (ended.spending?.takeRefusal() === true || outcome.error.code === "budget_exceeded");
    if (isFailed && (!isBudget || current().state.turn?.interrupted === true))
      return await fail(withWait(outcome.error, ended.spending?.takeLimit()), usage);
    const isFinished = outcome.type === "turn.finished";
    // Before anybody is told, so that whoever is told finds it.
    if (isFinished) ended.keep();
    const isInterrupted = isFinished && outcome.interrupted;
    // Whoever interrupted is told at once. Until the transcript is kept too, the log would be told anew.
    if (isInterrupted) await take({ type: "end", kept: false, usage });
    const transcript = await readTranscript(parts, id, ended);
    const kept = transcript !== undefined;
    const more = kept ? { transcript } : {};
    if (isInterrupted) return await take({ type: "record", events: [] }, more);
    if (isFinished) return await take({ type: "end", kept, usage, output: outcome.structuredOutput }, more);
    if (isFailed) await take((record) => toPause(record, { budget, kept, usage }), more);
    else if (!kept) throw new FailureError(toFailure("conversation_lost"));
    else await take({ type: "defer", calls: asked, toolUseIds: outcome.toolUseIds, usage }, more);
    await letProcessGo();
  }

  async function fail(failure: Failure, usage: Partial<SessionTally> = {}): Promise<void> {
    // What waits can be asked about again only by a program that puts calls off.
    await take({ type: "fail", failure: toTurnFailure(failure, driver.capabilities.deferring), usage });
    await letProcessGo();
  }

  async function giveUp(error: unknown): Promise<void> {
    if (mode === "lost") return;
    if (!(error instanceof FailureError)) log.error({ err: error, sessionId: id }, "the turn of a session broke");
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
      const content = await readInput(parts, current(), eventId);
      if (await process?.worker.steer(content)) await take({ type: "steered", eventId });
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
