import type { Clock } from "../../core/ports/clock.ts";
import { findProgram } from "./process-tree.ts";
import { sendSignal } from "./send-signal.ts";
import { settlesWithin } from "./settles-within.ts";
import type { SpawnedChild } from "./spawn-child.ts";

export interface StopChildOptions {
  readonly child: SpawnedChild;
  /** See `EnclosedSpec.programDepth`. */
  readonly programDepth: number;
  readonly closeInput: () => void;
  readonly kill: () => void;
  readonly clock: Clock;
  readonly closeInputMs: number;
  readonly terminateMs: number;
}

/** Ends a child: end of input, then SIGTERM to the program itself, then SIGKILL to the tree, each after its deadline. */
export async function stopChild(options: StopChildOptions): Promise<void> {
  const { child, clock } = options;
  options.closeInput();
  if (await settlesWithin(child.gone, options.closeInputMs, clock)) return;
  // To the program, not to the wall around it: a wall that is told to end takes all down at once, as if by SIGKILL.
  const program = child.hasGone() ? undefined : findProgram(child.pid, options.programDepth);
  if (program !== undefined) sendSignal(program, "SIGTERM");
  if (await settlesWithin(child.gone, options.terminateMs, clock)) return;
  options.kill();
}
