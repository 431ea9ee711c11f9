import { hash, randomBytes } from "node:crypto";
import { readCron } from "../adapters/cron/read-cron.ts";
import { listBudgetsOf } from "../core/budgets/list-budgets-of.ts";
import { createId } from "../core/control/create-id.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import type { Store } from "../core/ports/store.ts";
import { createSchedules, type Schedules } from "../core/schedules/create-schedules.ts";
import type { Tasks } from "../core/tasks/create-tasks.ts";
import type { ControlPlane } from "./open-control-plane.ts";

const limits = { mostOfProject: 1_000, sweepMs: 2_000 };

/** Builds what makes tasks at the times of schedules. */
export function openSchedules(settings: {
  readonly store: Store;
  readonly plane: Pick<ControlPlane, "identifier">;
  readonly tasks: Pick<Tasks, "desk" | "runner">;
  readonly clock: Clock;
  readonly log: Log;
}): Schedules {
  const { store, plane, tasks, clock, log } = settings;
  const digest = (text: string): string => hash("sha256", text);
  return createSchedules({
    schedules: store.schedules,
    jobs: store.jobs,
    desk: tasks.desk,
    wake: tasks.runner.wake,
    readCron,
    audit: { store, clock, random: randomBytes, digest },
    principalOf: plane.identifier.holderOf,
    budgetsOf: (principal) => listBudgetsOf(store.control, principal, clock.epoch()),
    createId: (prefix) => createId(prefix, randomBytes),
    digest,
    shared: store.sessions.shared,
    clock,
    log,
    limits,
  });
}
