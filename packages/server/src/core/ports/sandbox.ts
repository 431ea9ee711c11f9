import type { ProcessSpec } from "./process-host.ts";

/** Builds walls around a program. It starts nothing itself: it says what is to be started. */
export interface Sandbox {
  /** Name as it is shown: `bubblewrap`, `none`. */
  readonly kind: string;
  /** What is really enforced on this machine. */
  readonly enforces: SandboxAbilities;
  /** Prepares one start. `dispose` removes what was laid out on the host; it may be called twice. */
  enclose(id: string, spec: ProcessSpec): Promise<EnclosedSpec>;
}

export interface SandboxAbilities {
  /** The program sees only the system and its own private home. */
  readonly files: boolean;
  /** The whole tree dies with the server, even when the server is killed. */
  readonly diesWithParent: boolean;
  /** The program sees no process but its own. */
  readonly processes: boolean;
  /** The program reaches no network but what it is given. */
  readonly network: boolean;
}

export interface EnclosedSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Working directory of the spawn on the host. */
  readonly cwd: string;
  /** Open file descriptors handed to the child as 3, 4, …; closed here after the spawn. */
  readonly fds: readonly number[];
  readonly home: string;
  readonly workingDirectory: string;
  dispose(): Promise<void>;
}
