import { createInterface, type Interface } from "node:readline";
import { Writable } from "node:stream";
import type { ReadStream, WriteStream } from "node:tty";
import { createPaint, type Paint, wantsColour } from "./paint.ts";

/** Whoever typed the command: shown what happens, and asked. What is shown was made printable before. */
export interface Person {
  /** Whether there is somebody to answer: a terminal for the questions and one for the answers. */
  readonly canAnswer: boolean;
  /** Of what goes to standard error. */
  readonly paint: Paint;
  columns(): number;
  /** Writes to standard output, as it is. */
  write(text: string): void;
  /** A line beside the output: on standard error. */
  say(line: string): void;
  /** A line at the bottom that the next one replaces; nothing where standard error is no terminal. */
  status(line: string): void;
  /**
   * Asks on the terminal. Undefined where the input has ended, the question was withdrawn by `signal`, or Ctrl-C was pressed. `fresh`
   * forgets what was typed before the question could be read: no leave is given by a key that was pressed too early.
   */
  ask(
    question: string,
    options?: { readonly fresh?: boolean; readonly signal?: AbortSignal },
  ): Promise<string | undefined>;
  /** Whether no further answer can come. */
  hasEnded(): boolean;
  /** Who is told of Ctrl-C, in the place of whoever was told before. */
  onInterrupt(listener: () => void): void;
  close(): void;
}

export interface Streams {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where signals come from. */
  readonly signals: Pick<NodeJS.Process, "on" | "off">;
}

const usualColumns = 80;

export function createPerson({ stdin, stdout, stderr, env, signals }: Streams): Person {
  const canAnswer = stdin.isTTY === true && stderr.isTTY === true;
  let listener = (): void => {};
  let statusShown = false;
  let typed: Interface | undefined;
  let waiting: ((line: string | undefined) => void) | undefined;
  let hasEnded = false;
  let isMuted = true;
  let lines: string[] = [];

  const interrupt = (): void => {
    const asked = waiting;
    if (asked !== undefined) stderr.write("\n");
    settle(undefined);
    listener();
  };
  signals.on("SIGINT", interrupt);

  function settle(line: string | undefined): void {
    const asked = waiting;
    waiting = undefined;
    isMuted = true;
    asked?.(line);
  }

  function clearStatus(): void {
    if (statusShown) stderr.write("\r\u001B[K");
    statusShown = false;
  }

  // Asked of the terminal each time: a program behind the launcher is told of no change of its size.
  function columns(): number {
    const shown = stderr.isTTY ? stderr : stdout;
    const size = shown.isTTY ? shown.getWindowSize() : undefined;
    return size !== undefined && size[0] > 0 ? size[0] : usualColumns;
  }

  /** One reader for the whole run: one for each question would lose what was pasted behind the first line. */
  function openInput(): Interface {
    const echo = new Writable({
      write(chunk, _encoding, done) {
        if (!isMuted) stderr.write(chunk);
        done();
      },
    });
    const opened = createInterface({
      input: stdin,
      output: Object.assign(echo, { columns: columns() }),
      terminal: true,
      historySize: 100,
    });
    opened.on("line", (line) => (waiting === undefined ? void lines.push(line) : settle(line)));
    opened.on("SIGINT", interrupt);
    opened.on("close", () => {
      hasEnded = true;
      settle(undefined);
    });
    return opened;
  }

  return {
    canAnswer,
    paint: createPaint(wantsColour(env, stderr.isTTY === true)),
    columns,
    write(text) {
      clearStatus();
      stdout.write(text);
    },
    say(line) {
      clearStatus();
      stderr.write(`${line}\n`);
    },
    status(line) {
      if (stderr.isTTY !== true || waiting !== undefined) return;
      clearStatus();
      stderr.write(line);
      statusShown = line !== "";
    },
    ask(question, { fresh = false, signal } = {}) {
      if (!canAnswer || signal?.aborted === true) return Promise.resolve(undefined);
      clearStatus();
      typed ??= openInput();
      if (fresh) {
        lines = [];
        // Ctrl-U and Ctrl-K, muted: what was begun is gone.
        typed.write(null, { ctrl: true, name: "e" });
        typed.write(null, { ctrl: true, name: "u" });
      }
      const early = lines.shift();
      if (early !== undefined) {
        stderr.write(`${question}${early}\n`);
        return Promise.resolve(early);
      }
      if (hasEnded) return Promise.resolve(undefined);
      const input = typed;
      return new Promise((resolve) => {
        const withdraw = (): void => {
          stderr.write("\n");
          settle(undefined);
        };
        signal?.addEventListener("abort", withdraw, { once: true });
        waiting = (line) => {
          signal?.removeEventListener("abort", withdraw);
          resolve(line);
        };
        isMuted = false;
        input.setPrompt(question);
        input.prompt(true);
      });
    },
    hasEnded: () => hasEnded,
    onInterrupt(next) {
      listener = next;
    },
    close() {
      clearStatus();
      signals.off("SIGINT", interrupt);
      typed?.close();
    },
  };
}
