import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { ModelCallParts } from "../adapters/http/model-calls/add-messages-routes.ts";
import type { PrometheusMetrics } from "../adapters/metrics/create-prometheus-metrics.ts";
import { createIdentifier, type Identifier } from "../core/access/identify.ts";
import { type Billing, createBilling } from "../core/budgets/billing.ts";
import { createInMemoryRateLimiter } from "../core/budgets/in-memory-rate-limiter.ts";
import { createPriceTable } from "../core/budgets/price-table.ts";
import { createTimedLedger } from "../core/budgets/create-timed-ledger.ts";
import { listBudgetsOf } from "../core/budgets/list-budgets-of.ts";
import { createModelChooser } from "../core/completions/choose-model.ts";
import type { CompletionService } from "../core/completions/completion-service.ts";
import { createMeteredCompletions } from "../core/completions/create-metered-completions.ts";
import { createLateBookings, type LateBookings } from "../core/budgets/late-bookings.ts";
import { logPrompts } from "../core/completions/log-prompts.ts";
import type { MeteredCompletions } from "../core/completions/metered-completions.ts";
import type { UpstreamGuard } from "../core/upstreams/upstream-guard.ts";
import { type ControlService, createControlService } from "../core/control/create-control-service.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Ledger } from "../core/ports/ledger.ts";
import type { Log } from "../core/ports/log.ts";
import type { Store } from "../core/ports/store.ts";
import { createRunService, type RunService } from "../core/runs/run-service.ts";
import { createRunAdmission } from "../core/runs/run-admission.ts";
import { createRunStateKeeper } from "../core/runs/run-state-keeper.ts";
import { extendRoutingRules } from "../core/routing/routing-rules.ts";
import type { RoutingExtension, RoutingRules } from "@gantry/contracts/routing";
import { ZodError } from "zod";
import type { AdminKey } from "./admin-key.ts";
import type { Config } from "./config.ts";
import { StartError } from "./start-error.ts";

export interface ControlPlaneParts {
  readonly config: Config;
  readonly store: Store;
  readonly adminKey: AdminKey;
  readonly completions: CompletionService;
  /** That of the upstream behind an agent's model. */
  readonly guardOf: (model: string) => UpstreamGuard;
  readonly metrics: PrometheusMetrics;
  readonly driver: string;
  readonly wakeWebhooks?: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ControlPlane {
  readonly control: ControlService;
  readonly runs: RunService;
  readonly billing: Billing;
  /** What model calls are paid by. */
  readonly payment: Pick<ModelCallParts, "billing" | "runStates" | "runAdmission">;
  readonly completions: MeteredCompletions;
  readonly identifier: Identifier;
  /** Ends what the server before left reserved, then keeps this server's own reservations alive. */
  start(): Promise<void>;
  /** To be called when no answer is running any more. May be called twice. */
  stop(): Promise<void>;
}

/** A reservation outlives its server by this at most; it is renewed three times in that time. */
const leaseMs = 30_000;
const upkeepMs = 10_000;

/**
 * Builds what stands between the front doors and the agents: keys, limits, budgets, usage and the audit. Throws a
 * {@link StartError} where the rules of the configuration do not fit together.
 */
export function openControlPlane(parts: ControlPlaneParts): ControlPlane {
  const { config, store, completions, metrics, clock, log } = parts;
  const nodeId = `node_${randomBytes(9).toString("base64url")}`;
  const digest = (text: string): string => hash("sha256", text);
  const ledger = createTimedLedger(store.ledger, clock, metrics.storeAnswered);
  const late = createLateBookings(log);
  const billing = createBilling({
    ledger,
    late,
    log,
    rates: store.rates ?? createInMemoryRateLimiter(),
    prices: createPriceTable(config.prices),
    clock,
    nodeId,
    leaseMs,
    onSettled: metrics.requestSettled,
  });
  const metered = createMeteredCompletions({
    inner: completions,
    billing,
    cache: store.cache,
    guardOf: parts.guardOf,
    chooser: createModelChooser(readRoutingRules(config.routing), (principal) =>
      listBudgetsOf(store.control, principal, clock.epoch()),
    ),
    clock,
    log,
    digest,
    driver: parts.driver,
  });
  const identifier = createIdentifier({
    control: store.control,
    runs: store.runs,
    clock,
    log,
    digest,
    sameHash: (left, right) => timingSafeEqual(Buffer.from(left), Buffer.from(right)),
    isAdminKey: parts.adminKey.isAdminKey,
  });
  const upkeep = createUpkeep({ ledger, late, identifier, nodeId, clock, log });
  const { wakeWebhooks } = parts;
  const service = {
    store,
    clock,
    random: randomBytes,
    digest,
    givesLinks: config.webhooks.publicUrl !== undefined,
    ...(wakeWebhooks && { wakeWebhooks }),
  };
  return {
    control: createControlService(service),
    runs: createRunService({ ...service, forgetRun: identifier.forgetRun }),
    billing,
    payment: {
      billing,
      runStates: createRunStateKeeper({ runs: store.runs, log }),
      runAdmission: createRunAdmission(),
    },
    completions: config.logPrompts ? logPrompts(metered, log) : metered,
    identifier,
    ...upkeep,
  };
}

/** What fits each for itself may not fit together, such as a rule for a model that is none of those named. */
function readRoutingRules(extension: RoutingExtension): RoutingRules {
  try {
    return extendRoutingRules(extension);
  } catch (cause) {
    if (!(cause instanceof ZodError)) throw cause;
    const [issue] = cause.issues;
    throw new StartError(`routing: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not valid"}`, { cause });
  }
}

interface UpkeepParts {
  readonly ledger: Ledger;
  readonly late: LateBookings;
  readonly identifier: Identifier;
  readonly nodeId: string;
  readonly clock: Clock;
  readonly log: Log;
}

function createUpkeep({
  ledger,
  late,
  identifier,
  nodeId,
  clock,
  log,
}: UpkeepParts): Pick<ControlPlane, "start" | "stop"> {
  let cancel: () => void = () => {};
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  async function keepUp(): Promise<void> {
    try {
      await ledger.renew(nodeId, clock.epoch() + leaseMs);
      const lost = await ledger.expire(clock.epoch());
      if (lost > 0) log.warn({ lost }, "reservations of a server that is gone were freed");
    } catch (error) {
      log.warn({ err: error }, "reservations could not be renewed");
    }
    await late.retry();
    await identifier.flush();
  }

  function schedule(): void {
    if (stopped) return;
    cancel = clock.after(upkeepMs, () => {
      running = keepUp().finally(schedule);
    });
  }

  return {
    async start() {
      running = keepUp();
      await running;
      schedule();
    },
    async stop() {
      stopped = true;
      cancel();
      await running;
      await late.retry();
      await identifier.flush();
    },
  };
}
