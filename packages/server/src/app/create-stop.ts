import type { HttpServer } from "../adapters/http/http-server.ts";
import type { StoppableProcessHost } from "../adapters/process/process-host.ts";
import type { OwnedCompletionService } from "../core/completions/create-completion-service.ts";
import type { ProcessPool } from "../core/pool/process-pool.ts";
import { systemClock } from "../core/ports/clock.ts";
import type { EgressDoors } from "../core/ports/egress-door.ts";
import type { Log } from "../core/ports/log.ts";
import type { BatchRunner } from "../core/batches/batch-runner.ts";
import type { Responses } from "../core/responses/create-response-service.ts";
import type { TaskRunner } from "../core/tasks/task-runner.ts";
import type { Sessions } from "../core/sessions/create-sessions.ts";
import type { Store } from "../core/ports/store.ts";
import type { OpenUpstream } from "./claude-upstream.ts";
import type { Config } from "./config.ts";
import type { ControlPlane } from "./open-control-plane.ts";
import type { OpenModelPlane } from "./open-model-plane.ts";
import type { OpenCapabilities } from "./open-capabilities.ts";
import type { OpenManaged } from "./open-managed.ts";
import type { OpenWorkspaces } from "./open-workspaces.ts";
import type { OpenWebhooks } from "./open-webhooks.ts";
import type { OpenMetrics } from "./open-metrics.ts";
import type { RunningServer } from "./running-server.ts";

export interface StopParts {
  readonly config: Config;
  readonly http: HttpServer;
  readonly agents: OwnedCompletionService;
  readonly plane: ControlPlane;
  readonly models: OpenModelPlane;
  readonly managed: Pick<OpenManaged, "stop">;
  readonly sessions: Pick<Sessions, "stop">;
  readonly tasks: Pick<TaskRunner, "stop">;
  readonly batches: Pick<BatchRunner, "stop">;
  readonly responses: Pick<Responses, "idle" | "stop">;
  readonly places: OpenWorkspaces;
  readonly capabilities: Pick<OpenCapabilities, "stop">;
  readonly pool: ProcessPool;
  readonly host: StoppableProcessHost;
  readonly upstream: OpenUpstream;
  readonly egress: EgressDoors;
  readonly webhooks: OpenWebhooks;
  readonly figures: OpenMetrics;
  readonly store: Store;
  readonly log: Log;
}

/** What answers that were cut may take to be booked; after that they are left to the lease. */
const bookingMs = 3_000;
/** A database that hangs must not hold up the stop; what was resolved is committed. */
const closingMs = 12_000;

/** Takes no new work, lets running answers finish within the deadline, books them, then ends everything. */
export function createStop(parts: StopParts): RunningServer["stop"] {
  const { config, http, agents, plane, models, managed, sessions, places, pool, host, upstream, figures, store, log } =
    parts;
  const { egress, webhooks } = parts;
  let stopping: Promise<void> | undefined;
  async function stop(hurry: Promise<void>): Promise<void> {
    agents.drain();
    // Agents are otherwise told to end, and given the time to.
    void hurry.then(() => host.stopAll());
    // What waits for a person is put off; streams end when all is at rest, long before they are cut.
    const resting = Promise.all([parts.batches.stop(), parts.tasks.stop()]).then(() =>
      sessions.stop(config.deadlines.drainMs / 2),
    );
    const answered = Promise.all([http.idle(), parts.responses.idle()]).then(() => {});
    await Promise.race([within(config.deadlines.drainMs, answered), hurry]);
    if (http.running > 0) log.warn({ running: http.running }, "running answers are cut");
    http.cut();
    await http.close();
    await within(closingMs, parts.responses.stop());
    await within(config.deadlines.drainMs, resting);
    await pool.stop();
    await host.stopAll();
    await models.stop();
    await egress.stop();
    parts.capabilities.stop();
    await within(closingMs, places.stop());
    await upstream.stop();
    await managed.stop();
    await within(bookingMs, plane.billing.settled());
    await within(bookingMs, plane.stop());
    await within(bookingMs, webhooks.stop());
    await figures.stop();
    await within(closingMs, store.close());
  }
  return (hurry = new Promise(() => {})) => (stopping ??= stop(hurry));
}

/** Resolves when the work does, or when the time is over. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let cancel: () => void = () => {};
  const deadline = new Promise<void>((resolve) => {
    cancel = systemClock.after(ms, resolve);
  });
  await Promise.race([work, deadline]);
  cancel();
}
