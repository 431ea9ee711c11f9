import { join } from "node:path";
import { checkAudit } from "./check-books.ts";
import { createLedgerPairs } from "./ledger-pairs.ts";
import type { PairContestant, PairName } from "./pair-contestant.ts";
import { createPlainPostgres } from "./plain-postgres.ts";
import { createPlainSqlite } from "./plain-sqlite.ts";
import { runCallers, timed, type Block } from "./run-callers.ts";
import type { StoreBench } from "./store-bench.ts";

/** All contestants at one number of callers. */
export interface PairStage {
  readonly callers: number;
  readonly entries: readonly { readonly name: PairName; readonly rounds: readonly Block[] }[];
}

/**
 * Runs the rounds of all contestants in turns (a, b, c, a, b, c, …), so that noise hits all alike. Their books are
 * compared after each block; a difference ends the run.
 */
export async function runPairs(bench: StoreBench): Promise<readonly PairStage[]> {
  const { clock, plan } = bench;
  await using opened = new AsyncDisposableStack();
  const keep = <Owner extends { close(): Promise<void> }>(owner: Owner): Owner =>
    opened.adopt(owner, () => owner.close());

  const sqlite = keep(await bench.openStore("sqlite"));
  const postgres = keep(await bench.openStore("postgres"));
  const contestants: readonly PairContestant[] = [
    await createLedgerPairs(sqlite, clock),
    keep(createPlainSqlite(join(await bench.createFolder(), "plain.db"))),
    await createLedgerPairs(postgres, clock),
    keep(await createPlainPostgres(await bench.createDatabase(), Math.max(...plan.callers))),
  ];
  const stages: PairStage[] = [];
  for (const callers of plan.callers) stages.push(await runStage(bench, contestants, callers));
  bench.progress("verifying the audit");
  for (const store of [sqlite, postgres]) await checkAudit(store);
  return stages;
}

async function runStage(
  bench: StoreBench,
  contestants: readonly PairContestant[],
  callers: number,
): Promise<PairStage> {
  const { plan, signal } = bench;
  const entries = contestants.map(({ name }) => ({ name, rounds: [] as Block[] }));
  for (let round = 0; round <= plan.rounds; round += 1) {
    bench.progress(`pairs, ${callers} callers: ${round === 0 ? "warming up" : `round ${round} of ${plan.rounds}`}`);
    for (const [index, contestant] of contestants.entries()) {
      const ms = round === 0 ? plan.warmUpMs : plan.blockMs;
      const block = await runCallers({ callers, ms, signal }, () => timed(contestant.runPair));
      await contestant.check();
      if (round > 0) entries[index]?.rounds.push(block);
    }
  }
  return { callers, entries };
}
