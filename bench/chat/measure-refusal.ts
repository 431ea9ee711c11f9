import { contestantNames, type ContestantName } from "../contestants/contestant.ts";
import type { ChatBench } from "./chat-bench.ts";
import { createContestant } from "./run-stage.ts";

/** How long a client waits until it hears that the upstream refuses the credential. */
export interface Refusal {
  readonly name: ContestantName;
  /** Milliseconds; those of the plan's patience where nothing was heard by then: a CLI left alone tries for minutes. */
  readonly ms: number;
  readonly heard: boolean;
}

/** The others are heard, however slow the machine; a wait without end would hide that they are not. */
const hangMs = 300_000;

export async function measureRefusals(bench: ChatBench): Promise<readonly Refusal[]> {
  const refusals: Refusal[] = [];
  for (const name of contestantNames) {
    bench.progress(`an upstream that answers 401: ${name}`);
    refusals.push(await measureRefusal(bench, name));
  }
  return refusals;
}

async function measureRefusal(bench: ChatBench, name: ContestantName): Promise<Refusal> {
  const contestant = await createContestant(bench, name);
  let stopped: Promise<number> | undefined;
  try {
    const caller = await contestant.openCaller();
    const startedAt = performance.now();
    const { promise: late, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(resolve, name === "spawn" ? bench.plan.refusalMs : hangMs, "late");
    const asked = caller.ask([], "[[demo:status 401]]").then(
      () => "answered" as const,
      () => "refused" as const,
    );
    const outcome = await Promise.race([asked, late]);
    clearTimeout(timer);
    const ms = performance.now() - startedAt;
    stopped = contestant.stop();
    await Promise.all([stopped, asked]);
    if (outcome === "answered") throw new Error(`${name} got an answer where the upstream refused.`);
    return { name, ms, heard: outcome === "refused" };
  } finally {
    await (stopped ?? contestant.stop());
  }
}
