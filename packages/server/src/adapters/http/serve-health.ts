import type { FastifyReply } from "fastify";
import type { HttpParts } from "./http-parts.ts";

/** `GET /health` tells how the server is and never waits; `GET /ready` whether a turn can be served now. */
export function createHealthRoutes({ completions, facts, clock, storeReady }: HttpParts) {
  const startedAt = clock.now();
  return {
    health: async (): Promise<unknown> => {
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
      };
    },
    ready: async (_request: unknown, reply: FastifyReply): Promise<unknown> => {
      const ready = completions.status().ready && (await storeReady());
      return await reply.code(ready ? 200 : 503).send({ ready });
    },
  };
}
