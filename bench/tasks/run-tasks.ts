import type { Arena } from "../contestants/contestant.ts";
import { openStoreBench } from "../store/open-store-bench.ts";
import type { StorageFacts } from "../store/storage-facts.ts";
import type { TasksPlan } from "./plan.ts";
import { runLive, type LiveFigures } from "./run-live.ts";
import { runQueue, type QueueStage } from "./run-queue.ts";

/** Everything that was measured. */
export interface TasksFigures {
  readonly storage: StorageFacts;
  readonly queue: readonly QueueStage[];
  readonly live: LiveFigures;
  readonly seconds: number;
}

export interface TasksRun {
  readonly plan: TasksPlan;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** The queue alone first, then tasks on a whole server. */
export async function runTasks(arena: Arena, { plan, signal, progress }: TasksRun): Promise<TasksFigures> {
  const begun = performance.now();
  const { storage, queue } = await measureQueue({ plan, signal, progress });
  const live = await runLive(arena, plan, { signal, progress });
  return { storage, queue, live, seconds: (performance.now() - begun) / 1000 };
}

/** PostgreSQL is gone when this is done, so that it takes no part in what comes next. */
async function measureQueue({ plan, signal, progress }: TasksRun): Promise<Pick<TasksFigures, "storage" | "queue">> {
  await using ground = await openStoreBench({ signal, progress });
  return { storage: ground.storage, queue: await runQueue(ground, plan) };
}
