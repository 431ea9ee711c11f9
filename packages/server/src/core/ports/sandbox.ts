import type { ProcessPlace, ProcessSpec } from "./process-host.ts";
import type { WallsLimits } from "./walls-spec.ts";
import type { WallsReport } from "./walls-report.ts";

/** Builds walls around a program. It starts nothing itself: it says what is to be started. */
export interface Sandbox {
  /** What the walls themselves enforce on this machine; bounds on use are added by whoever starts the program. */
  readonly report: WallsReport;
  /** Programs find their proxy by the usual variables, at an address on their own loopback; else they see its socket alone. */
  readonly bridgesProxy?: true;
  /**
   * Prepares one start. Rejects with a `FailureError`: `walls_unavailable` where the walls cannot be built as the spec
   * wants them, `agent_unavailable` where something else is missing. Leaves nothing behind then.
   */
  enclose(spec: ProcessSpec, start: EnclosedStart): Promise<EnclosedSpec>;
}

export interface EnclosedStart {
  /** Variables by which leftovers are found: the spawned process carries them, the program behind a wall need not see them. */
  readonly marks: Readonly<Record<string, string>>;
  /** The number that the first of `EnclosedSpec.fds` gets in the child. */
  readonly firstDescriptor: number;
  /** Words in front of the program, within its walls: programs of the system, which end up as what the rest names. */
  readonly programWords: readonly string[];
  /** Bounds for walls that hold them by themselves, which their report says. */
  readonly limits: WallsLimits;
}

export interface EnclosedSpec extends ProcessPlace {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Working directory of the spawn on the host. */
  readonly cwd: string;
  /** Open descriptors handed to the child, in order; whoever spawns closes them, whether the spawn succeeds or not. */
  readonly fds: readonly number[];
  /** How many generations below the spawned process the program runs; 0 where it is the spawned process itself. */
  readonly programDepth: number;
  /** Removes what was laid out on the host. May be called twice. */
  dispose(): Promise<void>;
}
