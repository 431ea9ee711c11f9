import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { HostedProcess, ProcessExit } from "../../../core/ports/process-host.ts";

/** A line that was written to the process, parsed. */
export interface WrittenLine {
  readonly type?: string;
  readonly request_id?: string;
  readonly request?: { readonly subtype?: string } & Readonly<Record<string, unknown>>;
  readonly message?: { readonly content?: unknown };
  readonly shouldQuery?: boolean;
}

/** For tests: a process in memory that says what the test lets it say. */
export interface TestProcess extends HostedProcess {
  readonly written: readonly WrittenLine[];
  /** Called with each line that is written, behind its being taken. */
  onWritten: (line: WrittenLine) => void;
  /** Prints a line: an object as JSON, a text as it is. What it prints while it is paused comes later. */
  print(...lines: (object | string)[]): void;
  overflow(): void;
  end(code: number): void;
  /** Takes no more input, as a program does that has stopped reading. */
  isStuck: boolean;
  readonly isPaused: boolean;
  readonly wasKilled: boolean;
}

export function createTestProcess(): TestProcess {
  const written: WrittenLine[] = [];
  const waiting: Buffer[] = [];
  const exited = Promise.withResolvers<ProcessExit>();
  let onLine: (line: Buffer) => void = () => {};
  let onOverflow: (limitBytes: number) => void = () => {};
  let isPaused = false;
  let hasEnded = false;
  let wasKilled = false;

  function deliver(): void {
    while (!isPaused) {
      const line = waiting.shift();
      if (line === undefined) return;
      onLine(line);
    }
  }

  function end(code: number | null, signal: NodeJS.Signals | null): Promise<ProcessExit> {
    hasEnded = true;
    exited.resolve({ code, signal, reason: signal === null ? "ended" : "killed" });
    return exited.promise;
  }

  const process: TestProcess = {
    id: "process-1",
    walls: { kind: "none", enforced: [], gaps: [] },
    pid: 1,
    home: "/home/agent",
    workingDirectory: "/home/agent/work",
    written,
    onWritten: () => {},
    isStuck: false,
    get isPaused() {
      return isPaused;
    },
    get wasKilled() {
      return wasKilled;
    },
    readLines(line, overflow) {
      onLine = line;
      onOverflow = overflow;
    },
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      deliver();
    },
    async writeLine(line) {
      if (hasEnded) throw new FailureError(toFailure("agent_failed", "The agent process is gone."));
      if (process.isStuck) return await new Promise<void>(() => {});
      const parsed: WrittenLine = JSON.parse(line);
      written.push(parsed);
      queueMicrotask(() => process.onWritten(parsed));
    },
    print(...lines) {
      waiting.push(...lines.map((line) => Buffer.from(typeof line === "string" ? line : JSON.stringify(line))));
      deliver();
    },
    overflow: () => onOverflow(16),
    end: (code) => void end(code, null),
    stderrTail: () => "",
    memoryBytes: () => 0,
    hasEnded: () => hasEnded,
    exited: exited.promise,
    stop: () => end(0, null),
    kill() {
      wasKilled = true;
      return end(null, "SIGKILL");
    },
  };
  return process;
}

/** Lines of the CLI, as it prints them. */
export const cli = {
  status: { type: "system", subtype: "status", status: "requesting" },
  start: stream({ type: "message_start", message: { model: "m", usage: { input_tokens: 3, output_tokens: 1 } } }),
  text: (text: string) => stream({ type: "content_block_delta", delta: { type: "text_delta", text } }),
  stop: (reason: string) =>
    stream({ type: "message_delta", delta: { stop_reason: reason }, usage: { output_tokens: 2 } }),
  result: { type: "result", subtype: "success", is_error: false, num_turns: 1, result: "", total_cost_usd: 0.01 },
  interrupted: {
    type: "result",
    subtype: "error_during_execution",
    is_error: true,
    terminal_reason: "aborted_streaming",
  },
  granted: (line: WrittenLine, response: object = {}) => ({
    type: "control_response",
    response: { subtype: "success", request_id: line.request_id, response },
  }),
  refused: (line: WrittenLine) => ({
    type: "control_response",
    response: { subtype: "error", request_id: line.request_id, error: "no" },
  }),
};

function stream(event: object): object {
  return { type: "stream_event", event, parent_tool_use_id: null };
}

/** Lets a process behave like the CLI: it grants every request, settles history and clears, and answers prompts with `answer`. */
export function actLikeCli(process: TestProcess, answer: (line: WrittenLine) => void): void {
  let isAnswering = false;
  process.onWritten = (line) => {
    if (line.type === "control_request") {
      const models = [
        { value: "one", resolvedModel: "model-one" },
        { value: "two", resolvedModel: "model-two" },
      ];
      process.print(cli.granted(line, { models, claude_code_version: "9.9.9" }));
      if (line.request?.subtype === "interrupt" && isAnswering) {
        isAnswering = false;
        process.print(cli.interrupted);
      }
    } else if (line.shouldQuery === false || line.message?.content === "/clear") {
      process.print({ ...cli.result, num_turns: 0 });
    } else if (line.type === "user") {
      isAnswering = true;
      answer(line);
    }
  };
}
