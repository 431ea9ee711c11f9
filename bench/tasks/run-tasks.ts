import { openStoreBench } from "../store/open-store-bench.ts";
import type { StorageFacts } from "../store/storage-facts.ts";
import type { TasksPlan } from "./plan.ts";
import { runQueue, type QueueStage } from "./run-queue.ts";

/** Everything that was measured. */
export interface TasksFigures {
  readonly storage: StorageFacts;
  readonly queue: readonly QueueStage[];
  readonly seconds: number;
}

export interface TasksRun {
  readonly plan: TasksPlan;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

export async function runTasks({ plan, signal, progress }: TasksRun): Promise<TasksFigures> {
  const begun = performance.now();
  await using ground = await openStoreBench({ signal, progress });
  const queue = await runQueue(ground, plan);
  return { storage: ground.storage, queue, seconds: (performance.now() - begun) / 1000 };
}
