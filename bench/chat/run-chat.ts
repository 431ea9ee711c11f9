import type { ChatBench } from "./chat-bench.ts";
import { measureGrowth, type Growth } from "./measure-growth.ts";
import { measureRefusals, type Refusal } from "./measure-refusal.ts";
import { measureShare, type Share } from "./measure-share.ts";
import { scenarios } from "./plan.ts";
import { runStage, type Stage } from "./run-stage.ts";

/** Everything that one run has measured. */
export interface ChatFigures {
  readonly stages: readonly Stage[];
  readonly shares: readonly Share[];
  readonly refusals: readonly Refusal[];
  readonly growth: Growth;
  readonly seconds: number;
}

export async function runChat(bench: ChatBench): Promise<ChatFigures> {
  const startedAt = performance.now();
  const shares = await measureShare(bench);
  const stages: Stage[] = [];
  for (const callers of bench.plan.callers) {
    for (const scenario of scenarios) stages.push(await runStage(bench, scenario, callers));
  }
  const refusals = await measureRefusals(bench);
  const growth = await measureGrowth(bench);
  return { stages, shares, refusals, growth, seconds: (performance.now() - startedAt) / 1000 };
}
