import type { Clock } from "../../core/ports/clock.ts";
import type { BoundReason, ProcessSpec } from "../../core/ports/process-host.ts";
import type { WallsLimits } from "../../core/ports/walls-spec.ts";
import type { SupervisedProcess } from "./hosted-process.ts";

/** Measures a folder of the host until it is stopped, and calls once where it holds more. */
export type WatchSize = (hostPath: string, limitBytes: number, onExceeded: () => void) => { stop(): void };

export interface Supervision {
  readonly hosted: SupervisedProcess;
  readonly spec: ProcessSpec;
  /** Those of the spec, and the server's own where it says nothing. */
  readonly bounds: WallsLimits;
  readonly watchSize: WatchSize | undefined;
  readonly clock: Clock;
}

const lookEveryMs = 500;

/** Ends a program that comes to a bound which the kernel does not hold by itself. Chats have no workspace, and live as long as they are used. */
export function supervise({ hosted, spec, bounds, watchSize, clock }: Supervision): void {
  const end = (reason: BoundReason) => (): void => void hosted.endFor(reason);
  const cancels: (() => void)[] = [];
  if (spec.walls !== undefined && bounds.wallTimeMs !== undefined) {
    cancels.push(clock.after(bounds.wallTimeMs, end("wall_time")));
  }
  const workspace = spec.walls?.workspace;
  if (watchSize !== undefined && workspace?.writable === true && bounds.diskBytes !== undefined) {
    const watch = watchSize(workspace.hostPath, bounds.diskBytes, end("disk"));
    cancels.push(() => watch.stop());
  }
  if (bounds.memoryBytes !== undefined) cancels.push(watchMemory(hosted, clock));
  void hosted.gone.then(() => {
    for (const cancel of cancels) cancel();
  });
}

/** Where the kernel ends a single process of a tree for want of memory, the rest would go on as if nothing had been. */
function watchMemory(hosted: SupervisedProcess, clock: Clock): () => void {
  let cancel = clock.after(lookEveryMs, look);
  let isOver = false;
  function look(): void {
    void hosted.outOfMemory().then((count) => {
      if (isOver) return;
      if (count > 0) void hosted.endFor("out_of_memory");
      else cancel = clock.after(lookEveryMs, look);
    });
  }
  return () => {
    isOver = true;
    cancel();
  };
}
