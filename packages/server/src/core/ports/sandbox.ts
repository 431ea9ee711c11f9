import type { ProcessPlace, ProcessSpec } from "./process-host.ts";

/** Builds walls around a program. It starts nothing itself: it says what is to be started. */
export interface Sandbox {
  /** Name as it is shown: `bubblewrap`, `none`. */
  readonly kind: string;
  /** What is really enforced on this machine. */
  readonly enforces: SandboxAbilities;
  /**
   * Prepares one start. `marks` are variables by which leftovers are found: the spawned process carries them, the
   * program behind a wall need not see them. Rejects with a `FailureError` of code `agent_unavailable`, leaving nothing behind.
   */
  enclose(spec: ProcessSpec, marks: Readonly<Record<string, string>>): Promise<EnclosedSpec>;
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

export interface EnclosedSpec extends ProcessPlace {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Working directory of the spawn on the host. */
  readonly cwd: string;
  /** Open file descriptors handed to the child as 3, 4, …; whoever spawns closes them, whether the spawn succeeds or not. */
  readonly fds: readonly number[];
  /** How many generations below the spawned process the program runs; 0 where it is the spawned process itself. */
  readonly programDepth: number;
  /** Removes what was laid out on the host. May be called twice. */
  dispose(): Promise<void>;
}
