import assert from "node:assert/strict";
import type { BudgetWindow } from "@gantry/contracts/budgets";
import type { UsageRow } from "@gantry/contracts/usage";
import type { ReserveRequest } from "../../../../core/ports/ledger.ts";
import type { Store } from "../../../../core/ports/store.ts";
import { readVerifiedAudit } from "./audit-conformance.ts";
import { checkBudgets, type Known, type ModelBudget } from "./ledger-checks.ts";
import { dayMs, minuteMs, noon, sampleBudget, sampleEntry, sampleRequest, sampleUsage } from "./samples.ts";

/** What a request asks for, the same each time it is sent. */
export interface Planned {
  readonly project: number;
  readonly key: number;
  readonly micros: number;
  readonly tokens: number;
  readonly concurrent: number | undefined;
}

export type Step =
  | { readonly kind: "reserve"; readonly request: number }
  | { readonly kind: "extend"; readonly request: number; readonly more: number }
  | { readonly kind: "settle"; readonly request: number; readonly percent: number }
  | { readonly kind: "record"; readonly request: number }
  | { readonly kind: "renew" }
  | { readonly kind: "expire" };

export interface FailedStep {
  readonly step: Step;
  readonly error: unknown;
}

export interface LedgerModel {
  store: Store;
  /** Runs steps at one time; all must succeed. */
  runAll(steps: readonly Step[]): Promise<void>;
  /** Runs steps at one time; resolves with those that failed. */
  startAll(steps: readonly Step[]): Promise<readonly FailedStep[]>;
  advance(ms: number): void;
  check(): Promise<unknown>;
  /** Lets every lease run out: nothing may stay reserved. */
  finish(): Promise<void>;
}

const windows: readonly BudgetWindow[] = ["minute", "day", "lifetime"];
const projectLimit = 150;
const keyLimit = 90;

/** Drives a store as clients would, and holds against it what must be true at any time. `run` keeps the ids of runs apart. */
export async function createLedgerModel(store: Store, run: string, plan: readonly Planned[]): Promise<LedgerModel> {
  let now = noon;
  const visited = new Set([now]);
  const budgets = await createBudgets(store, run);
  const known = plan.map((planned, index): Known => {
    const request = toRequest(run, index, planned);
    return { request, reservedAt: undefined, amount: 0, booked: 0 };
  });
  const model: LedgerModel = {
    store,
    async runAll(steps) {
      await Promise.all(steps.map((step) => runStep(model.store, run, known, now, step)));
    },
    async startAll(steps) {
      const results = await Promise.allSettled(steps.map((step) => runStep(model.store, run, known, now, step)));
      return results.flatMap((result, index) => {
        const step = steps[index];
        return result.status === "rejected" && step !== undefined ? [{ step, error: result.reason }] : [];
      });
    },
    advance(ms) {
      now += ms;
      visited.add(now);
    },
    check: () => checkBudgets(model.store, run, budgets, known, [now]),
    async finish() {
      model.advance(60 * dayMs);
      await model.store.ledger.expire(now);
      const states = await checkBudgets(model.store, run, budgets, known, [...visited]);
      for (const { id, reserved } of states) assert.equal(reserved, 0, id);
      await readVerifiedAudit(model.store.audit);
    },
  };
  return model;
}

async function createBudgets(store: Store, run: string): Promise<readonly ModelBudget[]> {
  const budgets = windows.flatMap((window): ModelBudget[] => [
    {
      id: `bud_${run}_${window}_project`,
      window,
      limit: projectLimit,
      unit: "micros",
      covers: ({ projectId }) => projectId === `prj_${run}_0`,
    },
    {
      id: `bud_${run}_${window}_key`,
      window,
      limit: keyLimit,
      unit: "tokens",
      covers: ({ keyId }) => keyId === `key_${run}_0`,
    },
  ]);
  for (const { id, window, limit, unit } of budgets) {
    const [subject, subjectId] =
      unit === "micros" ? (["project", `prj_${run}_0`] as const) : (["key", `key_${run}_0`] as const);
    await store.control.createBudget(id, sampleBudget({ subject, subjectId, window, limit, unit }), noon);
  }
  return budgets;
}

function toRequest(run: string, index: number, planned: Planned): ReserveRequest {
  return sampleRequest(`request_${run}_${index}`, 0, {
    nodeId: `node_${run}`,
    projectId: `prj_${run}_${planned.project}`,
    keyId: `key_${run}_${planned.key}`,
    amounts: { micros: planned.micros, tokens: planned.tokens },
    ...(planned.concurrent !== undefined && { concurrent: planned.concurrent }),
  });
}

async function runStep(
  { ledger }: Store,
  run: string,
  known: readonly Known[],
  now: number,
  step: Step,
): Promise<void> {
  if (step.kind === "renew") return ledger.renew(`node_${run}`, now + minuteMs);
  if (step.kind === "expire") return void (await ledger.expire(now));
  const client = known[step.request];
  if (client === undefined) return;
  const { request } = client;
  const id = request.requestId;
  switch (step.kind) {
    case "reserve": {
      const outcome = await ledger.reserve({ ...request, now, leaseUntil: now + minuteMs });
      if (outcome.kind === "reserved") client.reservedAt ??= now;
      return;
    }
    case "extend": {
      if (client.reservedAt === undefined) return;
      const outcome = await ledger.extend(id, { micros: step.more, tokens: step.more }, now);
      if (outcome.kind === "reserved") client.amount += step.more;
      return;
    }
    case "settle": {
      if (client.reservedAt === undefined) return;
      const share = (amount: number): number => Math.floor(((amount + client.amount) * step.percent) / 100);
      const spent = { micros: share(request.amounts.micros), tokens: share(request.amounts.tokens) };
      const usage = toUsage(request, spent.micros, spent.tokens, now);
      if (await ledger.settle(id, spent, usage, sampleEntry(`request:${id}`, { at: now }))) client.booked += 1;
      return;
    }
    case "record": {
      const usage = toUsage({ ...request, requestId: `${id}_cached` }, 0, 0, now);
      await ledger.record(usage, sampleEntry(`request:${id}`, { at: now }));
    }
  }
}

function toUsage(request: ReserveRequest, costMicros: number, outputTokens: number, at: number): UsageRow {
  const { requestId, projectId, keyId } = request;
  const tokens = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens };
  return sampleUsage(requestId, costMicros, { at, projectId, keyId, tokens });
}
