import { median } from "../measure/quantiles.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import { openAdmission, type Admission, type NotePart } from "./open-admission.ts";
import { runCallers, type Block } from "./run-callers.ts";
import type { StoreBench } from "./store-bench.ts";

/** How a request's key is found: said by the store a moment ago, or asked for now. */
export type KeyState = "remembered" | "forgotten";

/** What admission adds to requests on one store. */
export interface AdmissionEntry {
  readonly store: Store["kind"];
  readonly callers: number;
  readonly key: KeyState;
  readonly rounds: readonly AdmissionBlock[];
}

/** Milliseconds of all that lies before a turn, with the share of its parts. */
export interface AdmissionBlock extends Block {
  readonly keyP50Ms: number;
  readonly limitsP50Ms: number;
  readonly reservationP50Ms: number;
}

interface Contestant {
  readonly store: Store["kind"];
  readonly admission: Admission;
  /** What the parts took in the running block. */
  readonly parts: Readonly<Record<Parameters<NotePart>[0], number[]>>;
}

/** Longer than a key is remembered. */
const forgetMs = 1_000;

/** Runs both stores in turns, at each number of callers and with a key that is asked for at every request. */
export async function runAdmission(bench: StoreBench): Promise<readonly AdmissionEntry[]> {
  await using opened = new AsyncDisposableStack();
  const contestants: Contestant[] = [];
  for (const kind of ["sqlite", "postgres"] as const) {
    const store = await bench.openStore(kind);
    opened.defer(() => store.close());
    const parts: Contestant["parts"] = { limits: [], reservation: [] };
    const admission = await openAdmission(bench, store, (part, ms) => parts[part].push(ms));
    opened.defer(() => admission.stop());
    contestants.push({ store: kind, admission, parts });
  }
  const entries: AdmissionEntry[] = [];
  for (const callers of bench.plan.callers) {
    entries.push(...(await runStage(bench, contestants, callers, "remembered")));
  }
  entries.push(...(await runStage(bench, contestants, 1, "forgotten")));
  return entries;
}

async function runStage(
  bench: StoreBench,
  contestants: readonly Contestant[],
  callers: number,
  key: KeyState,
): Promise<readonly AdmissionEntry[]> {
  const { plan } = bench;
  const entries = contestants.map(({ store }) => ({ store, callers, key, rounds: [] as AdmissionBlock[] }));
  for (let round = 0; round <= plan.rounds; round += 1) {
    const what = round === 0 ? "warming up" : `round ${round} of ${plan.rounds}`;
    bench.progress(`admission, ${callers} callers, key ${key}: ${what}`);
    for (const [index, contestant] of contestants.entries()) {
      const ms = round === 0 ? plan.warmUpMs : plan.blockMs;
      const block = await runBlock(bench, contestant, { callers, ms, key });
      await contestant.admission.check();
      if (round > 0) entries[index]?.rounds.push(block);
    }
  }
  return entries;
}

async function runBlock(
  { clock, signal }: StoreBench,
  { admission, parts }: Contestant,
  { callers, ms, key }: { readonly callers: number; readonly ms: number; readonly key: KeyState },
): Promise<AdmissionBlock> {
  const keyMs: number[] = [];
  parts.limits.length = 0;
  parts.reservation.length = 0;
  const block = await runCallers({ callers, ms, signal }, async () => {
    if (key === "forgotten") clock.skip(forgetMs);
    const times = await admission.runRequest();
    keyMs.push(times.key);
    return times.whole;
  });
  return {
    ...block,
    keyP50Ms: median(keyMs),
    limitsP50Ms: median(parts.limits),
    reservationP50Ms: median(parts.reservation),
  };
}
