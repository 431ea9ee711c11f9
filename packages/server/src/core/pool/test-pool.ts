import { createTestClock, type TestClock } from "../ports/test-clock.ts";
import { createTestDriver, silentLog, type TestAgent, type TestDriver } from "../ports/test-driver.ts";
import type { Agent } from "../ports/driver.ts";
import type { Need } from "./choose-process.ts";
import type { PoolLimits } from "./pool-limits.ts";
import type { Lease } from "./lease.ts";
import { createProcessPool, type ProcessPool } from "./process-pool.ts";

const testLimits: PoolLimits = {
  maxProcesses: 3,
  minReady: 0,
  queueLength: 4,
  queueWaitMs: 1000,
  idleMs: 600_000,
  waitMs: 300_000,
  mostWaits: 2,
  maxTurns: 100,
  maxMemoryBytes: 1000,
};

const anyNeed: Need = {
  owner: "ada",
  system: "S",
  model: "model-one",
  conversation: "",
  prefersSeeding: false,
};

export interface TestPool {
  readonly pool: ProcessPool;
  readonly driver: TestDriver;
  readonly clock: TestClock;
  /** What the pool's processes are, as `spare`, `clean ada S`, `holding ada S k`, …. */
  states(): string[];
  acquire(need?: Partial<Need>, signal?: AbortSignal): Promise<Lease>;
}

/** For tests: a pool over agents in memory. */
export function createTestPool(limits: Partial<PoolLimits> = {}): TestPool {
  const clock = createTestClock();
  const driver = createTestDriver();
  const pool = createProcessPool({ driver, clock, log: silentLog, limits: { ...testLimits, ...limits } });
  return {
    pool,
    driver,
    clock,
    states: () =>
      pool.slots().map(({ state, binding, conversation }) => {
        const parts = [state, binding?.owner, binding?.system, conversation];
        return parts.filter((each) => each !== undefined).join(" ");
      }),
    acquire: (need = {}, signal = new AbortController().signal) => pool.acquire({ ...anyNeed, ...need }, [], signal),
  };
}

/** The agent behind a lease. */
export function agentOf(driver: TestDriver, { id }: Agent): TestAgent {
  const agent = driver.agents.find((each) => each.id === id);
  if (agent === undefined) throw new Error(`there is no ${id}`);
  return agent;
}

/** Does with a lease what a turn does, and gives the process back with the conversation it holds then. */
export function useFor(driver: TestDriver, lease: Lease, conversation: string): void {
  const agent = agentOf(driver, lease.agent);
  agent.turns += 1;
  agent.condition = "holding";
  agent.conversation = [{ role: "user", content: [{ type: "text", text: conversation }] }];
  lease.release(conversation);
}
