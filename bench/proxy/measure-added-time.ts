import type { Contestant } from "./contestant.ts";
import { loads, type Load } from "./loads.ts";
import { openCaller, toRequest } from "./open-caller.ts";
import type { ProxyBench } from "./open-proxy-bench.ts";

/** First bytes through Gantry and through the pipe on one connection, request by request beside each other. */
export interface AddedTime {
  readonly load: string;
  readonly gantryMs: readonly number[];
  readonly pipeMs: readonly number[];
}

const warmUpPairs = 50;

export async function measureAddedTime(bench: ProxyBench): Promise<readonly AddedTime[]> {
  const times: AddedTime[] = [];
  for (const load of loads) {
    bench.progress(`${load.name}: one connection`);
    times.push(await measureLoad(bench, load));
  }
  return times;
}

async function measureLoad({ plan, signal, contestants }: ProxyBench, load: Load): Promise<AddedTime> {
  const open = async (contestant: Contestant) => {
    const caller = await openCaller(contestant);
    const request = toRequest(contestant, load.body);
    return {
      async ask() {
        return (await caller.call(request, load)).firstByteMs;
      },
      close: () => caller.close(),
    };
  };
  const [gantry, pipe] = [await open(contestants.gantry), await open(contestants.pipe)];
  const gantryMs: number[] = [];
  const pipeMs: number[] = [];
  try {
    for (let pair = -Math.min(warmUpPairs, plan.pairs); pair < plan.pairs; pair += 1) {
      signal.throwIfAborted();
      // Each goes first as often as the other.
      let [gantryTime, pipeTime] = [0, 0];
      if (pair % 2 === 0) gantryTime = await gantry.ask();
      pipeTime = await pipe.ask();
      if (pair % 2 !== 0) gantryTime = await gantry.ask();
      if (pair < 0) continue;
      gantryMs.push(gantryTime);
      pipeMs.push(pipeTime);
    }
  } finally {
    gantry.close();
    pipe.close();
  }
  return { load: load.name, gantryMs, pipeMs };
}
