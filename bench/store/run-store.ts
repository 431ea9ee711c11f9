import { runAdmission, type AdmissionEntry } from "./run-admission.ts";
import { runPairs, type PairStage } from "./run-pairs.ts";
import type { StorageFacts } from "./storage-facts.ts";
import type { StoreBench } from "./store-bench.ts";

/** Everything that was measured. */
export interface StoreFigures {
  readonly storage: StorageFacts;
  readonly pairs: readonly PairStage[];
  readonly admission: readonly AdmissionEntry[];
  readonly seconds: number;
}

export async function runStore(bench: StoreBench): Promise<StoreFigures> {
  const begun = performance.now();
  const pairs = await runPairs(bench);
  const admission = await runAdmission(bench);
  return { storage: bench.storage, pairs, admission, seconds: (performance.now() - begun) / 1000 };
}
