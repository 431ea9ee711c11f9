import type { WallsReport } from "./walls-report.ts";
import type { WallsNetwork, WallsSpec } from "./walls-spec.ts";

/**
 * Starts child programs inside walls and owns their death. Drivers say what to run; they never spawn.
 */
export interface ProcessHost {
  /**
   * Starts one program. Resolves once the operating system has made the process.
   * Rejects with a `FailureError`: `walls_unavailable` where this machine cannot build the walls that are required,
   * `agent_unavailable` where it cannot be started.
   */
  spawn(spec: ProcessSpec): Promise<HostedProcess>;
}

export interface ProcessSpec {
  /** Absolute path of the program. */
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment besides what the walls set themselves (`HOME`, `TMPDIR`, `PATH`); nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables that name a path in the home: the value is relative to it and reaches the program as a whole path. */
  readonly homeVariables?: Readonly<Record<string, string>>;
  /** Files put into the private home before the start, given where the program will find itself. */
  readonly homeFiles?: (place: ProcessPlace) => readonly HomeFile[];
  readonly homeBinds?: readonly HomeBind[];
  /** What it may have besides; missing for a chat process, which needs nothing more. */
  readonly walls?: WallsSpec;
  /** The network of a program without `walls`, which say it themselves; none where nothing is said. */
  readonly network?: WallsNetwork;
  /** The program holds a credential of the server's owner: its record says so. */
  readonly credentialInside?: boolean;
}

/** A host folder that the program may write, at `path` relative to the home; for what the server itself laid out there. */
export interface HomeBind {
  readonly path: string;
  readonly hostPath: string;
  /** Several programs have it at a time: they run under one user then. */
  readonly shared?: boolean;
}

/** Folders as the program sees them. */
export interface ProcessPlace {
  readonly home: string;
  /** The workspace, else empty and private; a real path, with no link in it. */
  readonly workingDirectory: string;
}

/** `path` is relative to the home. */
export interface HomeFile {
  readonly path: string;
  readonly content: string;
  /** The program may not change it; where a home lies on the disk, only as far as its user keeps to the mode of the file. */
  readonly readOnly?: boolean;
}

export interface HostedProcess extends ProcessPlace {
  /** Unique in this server's life. */
  readonly id: string;
  /** What stands around it, for the record of its run. */
  readonly walls: WallsReport;
  /** The process that the operating system gave us (the wall's, where there is one). */
  readonly pid: number;
  /**
   * Sets the one reader of standard output. Lines come without their newline, as they arrive, in order.
   * `onOverflow` is called once, and the output is read no further, when a line exceeds the cap.
   */
  readLines(onLine: (line: Buffer) => void, onOverflow: (limitBytes: number) => void): void;
  /** Stops and restarts reading; while paused, at most some hundred kilobytes wait in memory and the child blocks. */
  pause(): void;
  resume(): void;
  /** Queues one line (the newline is added). Resolves when the pipe has taken it; rejects when the child is gone. */
  writeLine(line: string): Promise<void>;
  /** The last few kilobytes of standard error, for the log alone. */
  stderrTail(): string;
  /** Resident memory of the whole tree in bytes; 0 where it cannot be read. */
  memoryBytes(): number;
  /** Whether the process is gone; `exited` follows when what it left behind is cleared away. */
  hasEnded(): boolean;
  /** Resolves when the process is gone and its output is read to the end. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Ends the whole tree: standard input closed, then SIGTERM, then SIGKILL, each after its own deadline. May be called twice. */
  stop(): Promise<ProcessExit>;
  /** Ends the whole tree at once. */
  kill(): Promise<ProcessExit>;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly reason: ExitReason;
}

/**
 * Why a process is gone: `ended` by itself, `stopped` or `killed` as it was asked for, or because it came to a bound of its walls.
 */
export type ExitReason = "ended" | "stopped" | "killed" | BoundReason;
export type BoundReason = "out_of_memory" | "wall_time" | "disk";
