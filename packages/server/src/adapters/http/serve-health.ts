import type { FastifyReply } from "fastify";
import type { CompletionServiceStatus } from "../../core/completions/completion-service.ts";
import type { HttpParts } from "./http-parts.ts";

const storeServices = ["audit_db", "budget_manager", "auth_manager"] as const;

/** As clients of the task service read it. */
function toPool(
  processes: CompletionServiceStatus["processes"],
  queue: CompletionServiceStatus["queue"],
  ready: boolean,
) {
  return {
    status: queue.length >= queue.limit ? "overloaded" : ready ? "ok" : "degraded",
    detail: {
      active_workers: processes.busy,
      max_workers: processes.limit,
      queued_tasks: queue.length,
      max_queue: queue.limit,
    },
  };
}

/** `GET /health` tells how the server is and never waits; `GET /ready` whether a turn can be served now. */
export function createHealthRoutes({ completions, facts, clock, storeReady }: HttpParts) {
  const startedAt = clock.now();
  /** As it was last found. */
  let stored = true;
  return {
    health: async (): Promise<unknown> => {
      void storeReady().then((ready) => {
        stored = ready;
      });
      const { ready, processes, queue, agentVersion } = completions.status();
      return {
        status: ready ? "ok" : "unavailable",
        version: facts.version,
        uptime_seconds: Math.round((clock.now() - startedAt) / 1000),
        upstream: facts.upstream,
        mode: facts.mode,
        store: facts.store,
        sandbox: facts.walls.kind,
        walls: { enforced: facts.walls.enforced, gaps: facts.walls.gaps },
        cli: { name: "claude", version: agentVersion ?? facts.agentVersion ?? null },
        processes,
        queue,
        services: {
          worker_pool: toPool(processes, queue, ready),
          // One store holds them all.
          ...Object.fromEntries(storeServices.map((name) => [name, { status: stored ? "ok" : "degraded" }])),
        },
      };
    },
    ready: async (_request: unknown, reply: FastifyReply): Promise<unknown> => {
      const ready = completions.status().ready && (await storeReady());
      return await reply.code(ready ? 200 : 503).send({ ready });
    },
  };
}
