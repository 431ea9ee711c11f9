import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type { Clock } from "../../../core/ports/clock.ts";
import type { AgentEvent, TurnDeadlines } from "../../../core/ports/driver.ts";
import type { HostedProcess } from "../../../core/ports/process-host.ts";
import type { CliLine } from "./cli-line.ts";
import type { CliSession } from "./cli-session.ts";
import { createEventQueue } from "./event-queue.ts";
import type { OutputTrack } from "./output-track.ts";
import { createTurnTranslator } from "./turn-translator.ts";
import { createTurnWatch } from "./turn-watch.ts";

export interface TurnParts {
  readonly process: HostedProcess;
  readonly session: CliSession;
  readonly clock: Clock;
  readonly deadlines: TurnDeadlines;
  /** How long the CLI may take to end a turn after an interrupt. */
  readonly interruptMs: number;
  /** See `createTurnTranslator`. */
  readonly costBefore: number | undefined;
  /** Names of the client's tools that are offered. */
  readonly tools?: readonly string[];
  /** Follows the object that the turn is to give. */
  readonly output?: OutputTrack | undefined;
  /** Gets all that the CLI says in the turn. */
  readonly onLine?: (line: CliLine) => void;
  /** Gets what the CLI says while it waits for the results of calls. */
  readonly whileWaiting?: (line: CliLine) => void;
}

export interface RunningTurn {
  readonly events: AsyncGenerator<AgentEvent, void, undefined>;
  /** What all turns of the process have cost so far, in US dollars, where the CLI has said so. */
  readonly totalCostUsd: () => number | undefined;
  /** Milliseconds from the CLI's own call to its model's first sign. */
  readonly modelWaitMs: () => number | undefined;
  /** How it ended; `undefined` while it runs. */
  readonly outcome: () => TurnOutcome | undefined;
}

/** `waiting`: its calls are open; `lost`: the CLI did not settle, the process is of no more use. */
type TurnOutcome = "answered" | "waiting" | "interrupted" | "lost";

/** Events that may wait for a slow reader before the CLI is no longer read. */
const highWater = 256;

/**
 * Runs one turn, or a part of one up to the model's calls or behind their results: has it begun, passes events on as they come, and whatever happens (answer, failure, deadline, reader
 * gone, signal) leaves the CLI at rest or reports it lost.
 */
export function runTurn(begin: () => Promise<void>, signal: AbortSignal, parts: TurnParts): RunningTurn {
  const { process, session, clock } = parts;
  const translator = createTurnTranslator(parts.costBefore, clock.epoch, parts.tools, parts.output);
  let outcome: TurnOutcome | undefined;
  let requestedAt: number | undefined;
  let modelWaitMs: number | undefined;
  let settle: () => void = () => {};
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });

  const watch = createTurnWatch(clock, parts.deadlines, (failure) => giveUp(failure));
  const queue = createEventQueue<AgentEvent>(
    highWater,
    () => {
      process.pause();
      watch.pause();
    },
    () => {
      process.resume();
      watch.resume();
    },
  );
  let cancelInterruptDeadline: () => void = () => {};
  let forgetBreak: () => void = () => {};
  let interrupted = false;

  function close(how: TurnOutcome): void {
    if (outcome !== undefined) return;
    outcome = how;
    watch.stop();
    cancelInterruptDeadline();
    forgetBreak();
    session.listen(how === "waiting" ? parts.whileWaiting : undefined);
    process.resume();
    queue.end();
    settle();
  }

  const askToStop = (): void => void session.control.request({ subtype: "interrupt" }).catch(() => {});

  function interrupt(): void {
    if (interrupted || outcome !== undefined) return;
    interrupted = true;
    watch.stop();
    // A paused output would hide the very result that the interrupt waits for; it may hold it already.
    process.resume();
    if (outcome !== undefined) return;
    cancelInterruptDeadline = clock.after(parts.interruptMs, () => lose(toFailure("agent_failed")));
    askToStop();
  }

  /** Nobody wants the rest: it must not fill the queue, or the result would wait behind it. */
  function leave(): void {
    queue.end();
    interrupt();
  }

  function giveUp(failure: Failure): void {
    if (outcome !== undefined) return;
    queue.push({ type: "answer.failed", error: failure, usage: translator.usage });
    queue.end();
    interrupt();
  }

  function lose(failure: Failure): void {
    if (outcome !== undefined) return;
    const last = translator.conclude(failure);
    if (last !== undefined) queue.push(last);
    close("lost");
  }

  session.listen((next) => {
    noteTimes(next);
    parts.onLine?.(next);
    // An interrupt that comes before the CLI has begun the turn is lost on 2.1.328: it is asked again as the turn begins.
    if (interrupted && next.type === "system" && next.subtype !== "api_retry") askToStop();
    const step = translator.take(next);
    for (const event of step.events) queue.push(event);
    if (step.interrupt) interrupt();
    if (step.waits && !interrupted) close("waiting");
    if (step.done) close(translator.answered && !interrupted ? "answered" : "interrupted");
  });

  function noteTimes(next: CliLine): void {
    if (next.type === "system" && next.subtype === "status") requestedAt = clock.now();
    if (next.type !== "stream_event" && !(next.type === "system" && next.subtype === "api_retry")) return;
    watch.sign();
    if (modelWaitMs === undefined && requestedAt !== undefined) modelWaitMs = clock.now() - requestedAt;
  }

  forgetBreak = session.onBroken((error) => lose(error.failure));
  begin().catch((error: unknown) => lose(error instanceof FailureError ? error.failure : toFailure("agent_failed")));
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave, { once: true });

  return {
    events: readEvents(queue.next, async () => {
      signal.removeEventListener("abort", leave);
      leave();
      await settled;
    }),
    totalCostUsd: () => translator.totalCostUsd,
    modelWaitMs: () => modelWaitMs,
    outcome: () => outcome,
  };
}

async function* readEvents(
  next: () => Promise<AgentEvent | undefined>,
  settle: () => Promise<void>,
): AsyncGenerator<AgentEvent, void, undefined> {
  try {
    for (let event = await next(); event !== undefined; event = await next()) yield event;
  } finally {
    // Reached as well when the reader leaves: the turn must come to rest before the process is anybody else's.
    await settle();
  }
}
