import { createHash, randomBytes } from "node:crypto";
import { readCron } from "../../packages/server/src/adapters/cron/read-cron.ts";
import type { Principal } from "../../packages/server/src/core/access/principal.ts";
import { createIdentifier } from "../../packages/server/src/core/access/identify.ts";
import { listBudgetsOf } from "../../packages/server/src/core/budgets/list-budgets-of.ts";
import { createId } from "../../packages/server/src/core/control/create-id.ts";
import type { Clock } from "../../packages/server/src/core/ports/clock.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import { createSchedules, type Schedules } from "../../packages/server/src/core/schedules/create-schedules.ts";
import { silentLog } from "../processes/hosting.ts";
import { createTaskDesk } from "../../packages/server/src/core/tasks/create-task-desk.ts";

export interface OpenSchedules extends Schedules {
  holderOf(keyId: string): Promise<Principal | undefined>;
}

/** What makes tasks at set times, on a store and by a clock that are given. Nobody works the tasks off. */
export function openSchedules(
  store: Store,
  clock: Clock,
  { mostWaiting = 1_000, wake = () => {} }: { readonly mostWaiting?: number | undefined; wake?(): void } = {},
): OpenSchedules {
  const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
  const identifier = createIdentifier({
    control: store.control,
    runs: store.runs,
    clock,
    log: silentLog,
    digest,
    sameHash: (left, right) => left === right,
    isAdminKey: () => false,
  });
  const audit = { store, clock, random: randomBytes, digest };
  const absent = (): never => {
    throw new Error("no task of these tests has directories or capabilities");
  };
  const desk = createTaskDesk({
    jobs: store.jobs,
    audit,
    clock,
    limits: { workers: 0, mostWaiting, leaseMs: 30_000, sweepMs: 1_000 },
    findModel: async (_principal, name) => ({ id: `claude-${name}`, names: [name] }),
    directories: { get: absent },
    capabilities: { select: absent },
    schemas: { examine: absent, check: absent },
    webhooks: store.webhooks,
    privateHosts: [],
    randomBytes,
    digest,
  });
  const schedules = createSchedules({
    schedules: store.schedules,
    jobs: store.jobs,
    desk,
    wake,
    readCron,
    audit,
    principalOf: identifier.holderOf,
    budgetsOf: (principal) => listBudgetsOf(store.control, principal, clock.epoch()),
    createId: (prefix) => createId(prefix, randomBytes),
    digest,
    shared: store.sessions.shared,
    clock,
    log: silentLog,
    limits: { mostOfProject: 1_000, sweepMs: 1_000 },
  });
  return { ...schedules, holderOf: identifier.holderOf };
}
