import { setTimeout as pause } from "node:timers/promises";
import { createBareDriver } from "../contestants/bare-driver.ts";
import type { Contestant } from "../contestants/contestant.ts";
import { createGantryOverHttp } from "../contestants/gantry-over-http.ts";
import type { ChatBench } from "./chat-bench.ts";
import { scenarios, type Scenario } from "./plan.ts";
import { openClients, takeTurn, type Client } from "./run-block.ts";

/** First tokens of Gantry and of the bare driver at one caller, turn by turn beside each other, in milliseconds. */
export interface Share {
  readonly scenario: Scenario;
  readonly gantryMs: readonly number[];
  readonly bareMs: readonly number[];
  /** What Gantry itself reported in `x-gantry-overhead-ms`. */
  readonly reportedMs: readonly number[];
}

/** Time after each turn for what the one does in the background, which must not be laid to the other's account. */
const settleMs = 60;
/** A warm-up ends when nothing is started any more, which is looked at after so many pairs. */
const pairsEachLook = 5;

/** Measures what Gantry adds to the driver, in both scenarios. */
export async function measureShare(bench: ChatBench): Promise<readonly Share[]> {
  const shares: Share[] = [];
  for (const scenario of scenarios) {
    bench.progress(`Gantry's own share, ${scenario}: ${bench.plan.pairs} pairs`);
    shares.push(await measurePairs(bench, scenario));
  }
  return shares;
}

async function measurePairs(bench: ChatBench, scenario: Scenario): Promise<Share> {
  const contestants: Contestant[] = [];
  try {
    const [gantry, bare] = [await createGantryOverHttp(bench.arena), await createBareDriver(bench.arena)];
    contestants.push(gantry, bare);
    const [[left], [right]] = [await openClients(gantry, 1), await openClients(bare, 1)];
    if (left === undefined || right === undefined) throw new Error("Expected one client each.");
    for (let look = 0, settled = 0; look < bench.plan.warmUps && settled < 2; look += 1) {
      for (let pair = 0; pair < pairsEachLook; pair += 1) await takePair(left, right, scenario);
      settled = (await gantry.isSettled()) ? settled + 1 : 0;
    }
    const share = { scenario, gantryMs: [] as number[], bareMs: [] as number[], reportedMs: [] as number[] };
    for (let pair = 0; pair < bench.plan.pairs; pair += 1) {
      bench.signal.throwIfAborted();
      // Each goes first as often as the other.
      const [gantryAnswer, bareAnswer] =
        pair % 2 === 0 ? await takePair(left, right, scenario) : (await takePair(right, left, scenario)).toReversed();
      share.gantryMs.push(gantryAnswer?.firstTokenMs ?? Number.NaN);
      share.reportedMs.push(gantryAnswer?.overheadMs ?? Number.NaN);
      share.bareMs.push(bareAnswer?.firstTokenMs ?? Number.NaN);
    }
    return share;
  } finally {
    await Promise.all(contestants.map((contestant) => contestant.stop()));
  }
}

async function takePair(first: Client, second: Client, scenario: Scenario) {
  const answers = [];
  for (const client of [first, second]) {
    answers.push(await takeTurn(client, scenario));
    await pause(settleMs);
  }
  return answers;
}
