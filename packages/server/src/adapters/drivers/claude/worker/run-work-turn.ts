import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type { Clock } from "../../../../core/ports/clock.ts";
import type { TurnDeadlines } from "../../../../core/ports/driver.ts";
import type { HostedProcess } from "../../../../core/ports/process-host.ts";
import type { WorkEvent, WorkHandlers } from "../../../../core/ports/work-driver.ts";
import type { CliControlRequest, CliLine, CliResult } from "../cli-line.ts";
import type { CliSession } from "../cli-session.ts";
import { createEventQueue } from "../event-queue.ts";
import type { CallReader } from "./call-reader.ts";
import { createSteering } from "./steering.ts";
import { createToolDesk } from "./tool-desk.ts";
import { createWorkTranslator, type ToldBefore } from "./work-translator.ts";
import type { WorkTotals } from "./work-usage.ts";
import { createWorkWatch } from "./work-watch.ts";

export interface WorkTurnParts {
  readonly process: HostedProcess;
  readonly session: CliSession;
  readonly clock: Clock;
  readonly deadlines: TurnDeadlines;
  /** How long the CLI may take to end a turn after an interrupt. */
  readonly interruptMs: number;
  readonly handlers: WorkHandlers;
  readonly isDeferring: boolean;
  readonly calls: CallReader;
  readonly createId: () => string;
  /** A tool by which the turn's object is given. */
  readonly isOutput: (tool: string) => boolean;
  readonly totalsBefore: WorkTotals;
  readonly told: ToldBefore | undefined;
}

export interface RunningWorkTurn {
  readonly events: AsyncGenerator<WorkEvent, void, undefined>;
  /** Answers a hook or a request for leave. */
  answer(request: CliControlRequest["request"]): Promise<object>;
  /** Resolves when the turn is over. */
  interrupt(): Promise<void>;
  steer(id: string, line: string): Promise<boolean>;
  /** How it ended; `undefined` while it runs. `lost`: the CLI did not settle, the process is of no more use. */
  readonly outcome: "settled" | "deferred" | "lost" | undefined;
  /** Calls that were put off, where that is how it ended. */
  readonly deferred: readonly string[];
  /** What the CLI said at the end, as far as it did. */
  readonly result: CliResult | undefined;
}

/** Events that may wait for a slow reader before the CLI is no longer read. */
const highWater = 256;

/**
 * Runs one turn of work: `begin` sends what starts it; events are passed on as they come; whatever happens (end, failure, deadline, reader gone,
 * signal) the CLI is left at rest or reported lost.
 */
export function runWorkTurn(begin: () => Promise<void>, signal: AbortSignal, parts: WorkTurnParts): RunningWorkTurn {
  const { process, session, clock, calls } = parts;
  const translator = createWorkTranslator({ ...parts, epoch: clock.epoch });
  const desk = createToolDesk({ ...parts, describe: calls.fromRequest });
  const steering = createSteering();
  const settled = Promise.withResolvers<void>();
  let outcome: RunningWorkTurn["outcome"];
  let result: CliResult | undefined;
  let handled = 0;
  let interrupted = false;
  // Why the turn is given up, where it did not end by itself.
  let failure: Failure | undefined;
  let cancelInterruptDeadline: () => void = () => {};
  let forgetBreak: () => void = () => {};

  const watch = createWorkWatch(clock, parts.deadlines, (late) => giveUp(late));
  const queue = createEventQueue<WorkEvent>(
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

  function close(how: "settled" | "deferred" | "lost", last: WorkEvent): void {
    if (outcome !== undefined) return;
    outcome = how;
    queue.push(last);
    watch.stop();
    steering.end();
    cancelInterruptDeadline();
    forgetBreak();
    signal.removeEventListener("abort", onAbort);
    session.listen(undefined);
    process.resume();
    queue.end();
    settled.resolve();
  }

  const lose = (lost: Failure): void => close("lost", translator.fail(failure ?? lost));

  function askToStop(): void {
    // What still waits would begin a turn of its own behind this one.
    for (const id of steering.waiting) withdraw(id);
    session.control.request({ subtype: "interrupt" }).catch(() => {});
  }

  const withdraw = (id: string): void =>
    void session.control.request({ subtype: "cancel_async_message", message_uuid: id }).catch(() => {});

  function interrupt(): void {
    if (interrupted || outcome !== undefined) return;
    interrupted = true;
    watch.stop();
    // A paused output would hide the very result that the interrupt waits for; it may hold it already.
    process.resume();
    if (outcome !== undefined) return;
    cancelInterruptDeadline = clock.after(parts.interruptMs, () => {
      lose(toFailure("agent_failed", "The agent process did not stop in time."));
      session.abandon("did not stop in time");
    });
    askToStop();
  }

  function giveUp(late: Failure): void {
    if (outcome !== undefined || interrupted) return;
    failure = late;
    interrupt();
  }

  const onAbort = (): void => interrupt();

  function end(line: CliResult): void {
    result = line;
    if (failure !== undefined) return close("settled", translator.fail(failure));
    const isDeferred = desk.deferred.length > 0 && !interrupted;
    // The CLI goes on with them of its own accord, which is this turn still.
    if (steering.waiting.length > 0 && !interrupted && !isDeferred && line.is_error !== true) return;
    const isLeft = steering.waiting.length > 0;
    close(isDeferred ? "deferred" : "settled", translator.finish(line, { interrupted, deferred: desk.deferred }));
    // The CLI would answer what it has not taken yet, although nobody listens any more.
    if (isLeft) session.abandon("was ended with a message left over");
  }

  function listen(line: CliLine): void {
    // An interrupt that comes before the CLI has begun the turn is lost on 2.1.328: it is asked again as the turn begins.
    if (interrupted && line.type === "system" && (line.subtype === "init" || line.subtype === "status")) askToStop();
    if (line.type === "user" && line.isReplay === true && line.uuid !== undefined) steering.take(line.uuid);
    const events = translator.take(line);
    for (const event of events) queue.push(event);
    tellDesk(line, events);
    if (line.type === "result") return end(line);
    note(line.type === "stream_event" || (line.type === "system" && line.subtype === "api_retry"));
  }

  function note(isSign: boolean): void {
    const isWaiting = handled > 0 || translator.openCalls > 0;
    watch.note({ isCalling: translator.isCalling, isWaiting, isSign });
  }

  function tellDesk(line: CliLine, events: readonly WorkEvent[]): void {
    if (line.type === "stream_event" && !line.parent_tool_use_id) {
      if (line.event.type === "message_start") desk.noteMessage();
      else if (line.event.type === "message_stop") desk.noteMessageEnd();
    } else if (line.type === "assistant" && !line.parent_tool_use_id) {
      for (const block of line.message.content) desk.noteCall(calls.fromBlock(block, undefined));
    }
    for (const event of events) if (event.type === "tool.result") desk.noteResult(event.toolUseId);
  }

  async function start(): Promise<void> {
    try {
      await begin();
    } catch (error) {
      lose(error instanceof FailureError ? error.failure : toFailure("agent_failed"));
    }
  }

  session.listen(listen);
  forgetBreak = session.onBroken((error) => lose(error.failure));
  if (signal.aborted) interrupt();
  else signal.addEventListener("abort", onAbort, { once: true });
  void start();

  return {
    events: readEvents(queue.next, async () => {
      // Nobody wants the rest: it must not fill the queue, or the result would wait behind it.
      if (outcome === undefined) queue.end();
      interrupt();
      await settled.promise;
    }),
    async answer(request) {
      handled += 1;
      try {
        return await desk.answer(request);
      } finally {
        handled -= 1;
        note(false);
      }
    },
    async interrupt() {
      interrupt();
      await settled.promise;
    },
    async steer(id, line) {
      if (outcome !== undefined || interrupted) return false;
      const taken = steering.add(id);
      await session.send(line).catch(() => steering.end());
      return await taken;
    },
    get outcome() {
      return outcome;
    },
    get deferred() {
      return outcome === "deferred" ? desk.deferred : [];
    },
    get result() {
      return result;
    },
  };
}

async function* readEvents(
  next: () => Promise<WorkEvent | undefined>,
  settle: () => Promise<void>,
): AsyncGenerator<WorkEvent, void, undefined> {
  try {
    for (let event = await next(); event !== undefined; event = await next()) yield event;
  } finally {
    // Reached as well when the reader leaves: the turn must come to rest before the next one begins.
    await settle();
  }
}
