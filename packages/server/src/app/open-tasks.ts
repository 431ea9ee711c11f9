import { hash, randomBytes } from "node:crypto";
import { createPriceTable } from "../core/budgets/price-table.ts";
import type { CapabilityService } from "../core/capabilities/capability-service.ts";
import { createId } from "../core/control/create-id.ts";
import type { SchemaChecker } from "../core/ports/schema-checker.ts";
import type { Clock } from "../core/ports/clock.ts";
import { findModel } from "../core/routing/resolve-model.ts";
import type { AgentModel } from "../core/ports/driver.ts";
import type { Log } from "../core/ports/log.ts";
import type { Store } from "../core/ports/store.ts";
import type { Sessions } from "../core/sessions/create-sessions.ts";
import type { ScheduleService } from "../core/schedules/create-schedules.ts";
import { createTasks, type Tasks } from "../core/tasks/create-tasks.ts";
import type { Config } from "./config.ts";
import type { ControlPlane } from "./open-control-plane.ts";
import type { OpenModelPlane } from "./open-model-plane.ts";
import { openSchedules } from "./open-schedules.ts";
import type { OpenWorkspaces } from "./open-workspaces.ts";

const leaseMs = 30_000;
const sweepMs = 2_000;
const mostWaiting = 10_000;

export interface OpenTasks {
  readonly service: Tasks["service"];
  readonly schedules: ScheduleService;
  /** Works off what is queued, and queues what is due. */
  readonly runner: Pick<Tasks["runner"], "start" | "stop">;
}

/** Builds what works tasks off, in sessions, and what makes them at set times. */
export function openTasks(settings: {
  readonly config: Config;
  readonly store: Store;
  readonly plane: Pick<ControlPlane, "identifier" | "completions">;
  readonly sessions: Sessions;
  readonly places: OpenWorkspaces;
  readonly capabilities: Pick<CapabilityService, "select">;
  /** Models that the agent program reports, as far as they are known. */
  readonly knownModels: () => readonly AgentModel[];
  readonly models: Pick<OpenModelPlane, "doors" | "upstreamOf">;
  readonly wakeWebhooks: () => void;
  readonly schemas: SchemaChecker;
  readonly clock: Clock;
  readonly log: Log;
}): OpenTasks {
  const { config, store, plane, sessions, places, capabilities, models, schemas, clock, log } = settings;
  const digest = (text: string): string => hash("sha256", text);
  const tasks = createTasks({
    jobs: store.jobs,
    store: store.sessions,
    sessions,
    work: places.routes.work,
    directories: places.routes.directories,
    capabilities,
    schemas,
    webhooks: store.webhooks,
    wakeWebhooks: settings.wakeWebhooks,
    privateHosts: config.webhooks.privateHosts,
    randomBytes,
    audit: { store, clock, random: randomBytes, digest },
    prices: createPriceTable(config.prices),
    principalOf: plane.identifier.holderOf,
    async findModel(principal, name) {
      // The program is asked once what it has.
      const found =
        findModel(name, settings.knownModels()) ?? findModel(name, await plane.completions.models(principal));
      return found && { id: found.id, names: [found.id, ...found.aliases] };
    },
    holdsCosts: models.doors !== undefined,
    sharesLimit: (model) => models.upstreamOf(model) === undefined,
    createId: (prefix) => createId(prefix, randomBytes),
    digest,
    nodeId: `node_${randomBytes(9).toString("base64url")}`,
    shared: store.sessions.shared,
    clock,
    log,
    limits: { workers: config.limits.sessionProcesses, mostWaiting, leaseMs, sweepMs },
  });
  const schedules = openSchedules({ store, plane, tasks, clock, log });
  return {
    service: tasks.service,
    schedules: schedules.service,
    runner: {
      start() {
        tasks.runner.start();
        schedules.runner.start();
      },
      async stop() {
        await schedules.runner.stop();
        await tasks.runner.stop();
      },
    },
  };
}
