import { runCallers, timed, type Block } from "../store/run-callers.ts";
import type { StoreGround } from "../store/store-bench.ts";
import type { TasksPlan } from "./plan.ts";
import { createQueueWork, type QueueWork } from "./queue-work.ts";

/** One store at one length of its queue. A run is a job's whole way: handed over, taken, ended. */
export interface QueueStage {
  readonly store: QueueWork["kind"];
  readonly waiting: number;
  readonly rounds: readonly Block[];
}

/** Runs the rounds of both stores in turns, so that noise hits both alike. */
export async function runQueue(ground: StoreGround, plan: TasksPlan): Promise<readonly QueueStage[]> {
  await using opened = new AsyncDisposableStack();
  const queues: QueueWork[] = [];
  for (const kind of ["sqlite", "postgres"] as const) {
    const store = opened.adopt(await ground.openStore(kind), (open) => open.close());
    queues.push(createQueueWork(store, ground.clock));
  }
  const stages: QueueStage[] = [];
  for (const waiting of plan.waiting) stages.push(...(await runStage(ground, plan, queues, waiting)));
  return stages;
}

async function runStage(
  { signal, progress }: StoreGround,
  { rounds, workers: callers, blockMs }: TasksPlan,
  queues: readonly QueueWork[],
  waiting: number,
): Promise<readonly QueueStage[]> {
  const stages = queues.map(({ kind: store }) => ({ store, waiting, rounds: [] as Block[] }));
  for (const queue of queues) await queue.fill(waiting);
  for (let round = 0; round <= rounds; round += 1) {
    progress(`queue, ${waiting} waiting: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`);
    for (const [index, queue] of queues.entries()) {
      const ms = round === 0 ? blockMs / 2 : blockMs;
      const block = await runCallers({ callers, ms, signal }, () => timed(queue.work));
      await queue.check();
      if (round > 0) stages[index]?.rounds.push(block);
    }
  }
  return stages;
}
