import type { Task } from "@gantry/contracts/tasks";
import { startGantry } from "../../test/harness/start-gantry.ts";
import type { Arena } from "../contestants/contestant.ts";
import { stopAndCount } from "../contestants/gantry-over-http.ts";
import { createSpawnPerRequest } from "../contestants/spawn-per-request.ts";
import { timed } from "../store/run-callers.ts";
import type { TasksPlan } from "./plan.ts";
import { createTaskClient, type TaskClient } from "./task-client.ts";

/** Tasks on a whole server with the real CLI. All times are in milliseconds. */
export interface LiveFigures {
  /** From before a task is handed over, with all workers free, until it is started. */
  readonly starts: readonly number[];
  /** The same until the answer that it is done. */
  readonly wholes: readonly number[];
  /** Tasks a second of those that were handed over at once, round by round. */
  readonly floods: readonly number[];
  /** The long task, round by round: by the bare CLI, and over the server. */
  readonly long: readonly { readonly bareMs: number; readonly taskMs: number }[];
  /** Processes that were left of the server. */
  readonly left: number;
}

export async function runLive(
  arena: Arena,
  plan: TasksPlan,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: (line: string) => void },
): Promise<LiveFigures> {
  const bare = await createSpawnPerRequest(arena);
  const { ask } = await bare.openCaller();
  const server = await startGantry({
    claude: arena.claude.path,
    upstream: arena.upstream.url,
    env: { GANTRY_CREDENTIAL: "api-key", GANTRY_SESSION_PROCESSES: String(plan.workers) },
  });
  const client = createTaskClient(server);
  const [starts, wholes, floods]: [number[], number[], number[]] = [[], [], []];
  const long: LiveFigures["long"][number][] = [];
  let left = 0;
  try {
    // The first of all reads the program from the disk.
    await client.run("[[demo:say ok]]");
    await ask([], "[[demo:say ok]]");
    for (let round = 1; round <= plan.rounds; round += 1) {
      progress(`tasks, round ${round} of ${plan.rounds}`);
      for (let start = 0; start < plan.starts; start += 1) {
        signal.throwIfAborted();
        const { startMs, wholeMs } = await measureStart(client);
        starts.push(startMs);
        wholes.push(wholeMs);
      }
      signal.throwIfAborted();
      floods.push(await measureFlood(client, plan.flood));
      signal.throwIfAborted();
      const prompt = `[[demo:pace ${plan.paceMs}]][[demo:tokens ${plan.deltas}]]`;
      const bareMs = await timed(() => ask([], prompt));
      long.push({ bareMs, taskMs: await timed(() => client.run(prompt)) });
    }
  } finally {
    client.close();
    await bare.stop();
    left = await stopAndCount(server);
  }
  return { starts, wholes, floods, long, left };
}

/** Both the one who asks and the server read this machine's clock. */
async function measureStart(client: TaskClient): Promise<{ readonly startMs: number; readonly wholeMs: number }> {
  const begun = Date.now();
  const task = await client.run("[[demo:say ok]]");
  return { startMs: toMs(task, task.started_at) - begun, wholeMs: Date.now() - begun };
}

async function measureFlood(client: TaskClient, count: number): Promise<number> {
  const ms = await timed(() => Promise.all(Array.from({ length: count }, () => client.run("[[demo:say ok]]"))));
  return count / (ms / 1000);
}

function toMs({ task_id }: Task, time: string | null): number {
  if (time === null) throw new Error(`${task_id} is done but was never started`);
  return Date.parse(time);
}
