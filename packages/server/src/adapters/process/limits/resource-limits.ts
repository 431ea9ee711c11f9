import type { WallsGap } from "../../../core/ports/walls-report.ts";
import type { WallsAbility } from "../../../core/ports/walls-spec.ts";

/** What a tree of processes may use; whatever is missing is not bounded. */
export interface TreeBounds {
  readonly memoryBytes?: number | undefined;
  readonly cpuCores?: number | undefined;
  readonly processes?: number | undefined;
  /** Seconds of the processor, for each process alone: where a share of it cannot be bounded. */
  readonly cpuSeconds?: number | undefined;
  /** Largest single file. */
  readonly fileBytes?: number | undefined;
}

/** Bounds that the kernel holds for a whole tree of processes. */
export interface ResourceLimits {
  readonly enforced: readonly WallsAbility[];
  readonly gaps: readonly WallsGap[];
  /** Prepares bounds for one program; `name` is part of a file's name. Rejects with the system's error, leaving nothing behind. */
  open(name: string, bounds: TreeBounds): Promise<BoundedTree>;
}

/** One program's tree. */
export interface BoundedTree {
  /** Words in front of the command that is spawned: they put it under the bounds before it begins. */
  readonly outerWords: readonly string[];
  /** Words in front of the program itself, within its walls. */
  readonly innerWords: readonly string[];
  /** How often the kernel has ended something of the tree for want of memory. */
  outOfMemory(): Promise<number>;
  /** Ends what is left of the tree and removes its bounds. Never rejects; may be called twice. */
  close(): Promise<void>;
}
