import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { ExitReason, HostedProcess } from "../../../core/ports/process-host.ts";
import { parseCliLine, type CliControlRequest, type CliLine } from "./cli-line.ts";
import { createControlChannel, type ControlChannel } from "./control-channel.ts";
import { withinDeadline } from "./within-deadline.ts";

/** The stream-json conversation with one CLI process: lines in, lines out, who listens now. */
export interface CliSession {
  readonly control: ControlChannel;
  /** Sets who gets the lines that are no answers to control requests; `undefined` drops them. */
  listen(listener: ((line: CliLine) => void) | undefined): void;
  /** Sets who answers what the CLI asks of its own accord, in a turn and outside of one. */
  serve(server: (request: CliControlRequest) => void): void;
  /**
   * Sends one line, or does what else makes the CLI end a turn, and resolves with the next `result`. Rejects after
   * `deadlineMs` or when the process ends.
   */
  exchange(line: string | (() => Promise<unknown>), deadlineMs: number): Promise<Extract<CliLine, { type: "result" }>>;
  /** Resolves when the CLI has taken the line, which one that does not read its input never does. */
  send(line: string): Promise<void>;
  /**
   * Calls once when nothing more can come: the process is gone, or it is past use; at once where that is so already. The
   * returned function takes it back, so that nothing of a turn stays behind in a process that serves many.
   */
  onBroken(call: (error: FailureError) => void): () => void;
  readonly isBroken: boolean;
  /** Declares the process past use. `why` ends the sentence "The agent process …", and `advice` says what to do. */
  abandon(why: string, advice?: string): void;
}

/** So many lines that are no JSON are forgiven in a row; a CLI that prints more is taken for broken. */
const garbageLimit = 10;

/** How a process ended that came to a bound of its walls. */
const endings: Partial<Record<ExitReason, string>> = {
  disk: "was ended: its workspace is fuller than it may be",
  out_of_memory: "was ended: it wanted more memory than it may have",
  wall_time: "was ended: its time was up",
};

export function createCliSession(process: HostedProcess, clock: Clock, log: Log): CliSession {
  const control = createControlChannel(process);
  let listener: ((line: CliLine) => void) | undefined;
  let server: ((request: CliControlRequest) => void) | undefined;
  let garbage = 0;
  let broken: FailureError | undefined;
  const watchers = new Set<(error: FailureError) => void>();

  function abandon(why: string, advice = "Send the request again."): void {
    if (broken !== undefined) return;
    broken = new FailureError(toFailure("agent_failed", `The agent process ${why}. ${advice}`));
    control.close(broken);
    for (const call of watchers) call(broken);
    watchers.clear();
  }

  function onBroken(call: (error: FailureError) => void): () => void {
    if (broken === undefined) watchers.add(call);
    else call(broken);
    return () => watchers.delete(call);
  }

  process.readLines(
    (bytes) => {
      const line = parseCliLine(bytes);
      if (line === undefined) {
        garbage += 1;
        log.warn({ process: process.id, bytes: bytes.length }, "the CLI printed a line that is not JSON");
        if (garbage >= garbageLimit) abandon("printed what cannot be read");
        return;
      }
      garbage = 0;
      if (line.type === "control_response") control.take(line);
      else if (line.type === "control_request") server?.(line);
      else listener?.(line);
    },
    (limit) => abandon(`printed a line longer than ${limit} bytes`),
  );
  void process.exited.then(({ code, signal, reason }) => {
    log.debug({ process: process.id, code, signal, reason, stderr: process.stderrTail() }, "the CLI ended");
    const bound = endings[reason];
    if (bound === undefined) abandon("ended");
    else abandon(bound, "Give it more, or less to do.");
  });

  return {
    control,
    listen(next) {
      listener = next;
    },
    serve(next) {
      server = next;
    },
    send: (line) => process.writeLine(line),
    async exchange(line, deadlineMs) {
      let forget: () => void = () => {};
      const result = new Promise<Extract<CliLine, { type: "result" }>>((resolve, reject) => {
        listener = (next) => {
          if (next.type === "result") resolve(next);
        };
        forget = onBroken(reject);
      });
      const late = toFailure("agent_failed", "The agent process did not answer in time.");
      try {
        const sent = typeof line === "string" ? process.writeLine(line) : line();
        return (await withinDeadline(Promise.all([result, sent]), deadlineMs, late, clock))[0];
      } finally {
        forget();
        listener = undefined;
      }
    },
    onBroken,
    get isBroken() {
      return broken !== undefined;
    },
    abandon,
  };
}
