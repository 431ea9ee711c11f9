import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { HostedProcess } from "../../../core/ports/process-host.ts";
import { parseCliLine, type CliLine } from "./cli-line.ts";
import { createControlChannel, type ControlChannel } from "./control-channel.ts";

/** The stream-json conversation with one CLI process: lines in, lines out, who listens now. */
export interface CliSession {
  readonly control: ControlChannel;
  /** Sets who gets the lines that are no answers to control requests; `undefined` drops them. */
  listen(listener: ((line: CliLine) => void) | undefined): void;
  /** Sends one line and resolves with the next `result`. Rejects after `deadlineMs` or when the process ends. */
  exchange(line: string, deadlineMs: number): Promise<Extract<CliLine, { type: "result" }>>;
  send(line: string): Promise<void>;
  /** Resolves as soon as nothing more can come: the process is gone, or its output is past reading. */
  readonly broken: Promise<FailureError>;
  readonly isBroken: boolean;
}

/** So many lines that are no JSON are forgiven in a row; a CLI that prints more is taken for broken. */
const garbageLimit = 10;

export function createCliSession(process: HostedProcess, clock: Clock, log: Log): CliSession {
  const control = createControlChannel(process);
  let listener: ((line: CliLine) => void) | undefined;
  let garbage = 0;
  let isBroken = false;
  let breakWith: (error: FailureError) => void = () => {};
  const broken = new Promise<FailureError>((resolve) => {
    breakWith = resolve;
  });

  function abandon(why: string): void {
    if (isBroken) return;
    isBroken = true;
    const error = new FailureError(toFailure("agent_failed", `The agent process ${why}. Send the request again.`));
    control.close(error);
    breakWith(error);
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
      else listener?.(line);
    },
    (limit) => abandon(`printed a line longer than ${limit} bytes`),
  );
  void process.exited.then(({ code, signal }) => {
    log.debug({ process: process.id, code, signal, stderr: process.stderrTail() }, "the CLI ended");
    abandon("ended");
  });

  return {
    control,
    listen(next) {
      listener = next;
    },
    send: (line) => process.writeLine(line),
    async exchange(line, deadlineMs) {
      let cancel: () => void = () => {};
      const result = new Promise<Extract<CliLine, { type: "result" }>>((resolve, reject) => {
        listener = (next) => {
          if (next.type === "result") resolve(next);
        };
        cancel = clock.after(deadlineMs, () =>
          reject(new FailureError(toFailure("agent_failed", "The agent process did not answer in time."))),
        );
        void broken.then(reject);
      });
      try {
        await process.writeLine(line);
        return await result;
      } finally {
        cancel();
        listener = undefined;
        // Where writing failed nobody awaits the result any more.
        result.catch(() => {});
      }
    },
    broken,
    get isBroken() {
      return isBroken;
    },
  };
}
