/** Runs a short program to its end: for probes and questions, never for agents. */
export interface ProgramRunner {
  /** Never rejects: a program that cannot be started, fails or takes too long is a result. */
  run(program: ProgramRun): Promise<ProgramResult>;
}

export interface ProgramRun {
  /** Absolute path. */
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Working directory; `/` where none is given. */
  readonly cwd?: string;
  /** After so many milliseconds the program and its process group are killed. */
  readonly timeoutMs: number;
  /** Standard input; without it the program reads the end at once. Where making it fails, the program is killed. */
  readonly input?: AsyncIterable<Uint8Array>;
  /** How much of its output is kept; a megabyte where nothing is said. */
  readonly maxOutputBytes?: number;
}

export interface ProgramResult {
  /** Whether the program could be started, and ended in time. The exit code is another matter. */
  readonly outcome: "ended" | "not_started" | "timed_out";
  /** Exit code; null where a signal ended it or it was not started. */
  readonly code: number | null;
  /** What was kept of its output, as text. */
  readonly stdout: string;
  /** The same as it came: names of files need not be text. */
  readonly output: Uint8Array;
  /** Whether there was more output than is kept. */
  readonly outputCut: boolean;
  /** The last kilobytes; where it was not started, the system's reason. */
  readonly stderr: string;
}
