import { z } from "zod";

/* What `serve-health.ts` answers, as schemas, for the OpenAPI document. */

const count = z.int();
const service = z.object({ status: z.enum(["ok", "degraded"]) });

export const healthAnswer = z.object({
  status: z.enum(["ok", "unavailable"]),
  version: z.string(),
  uptime_seconds: count,
  upstream: z.enum(["demo", "api-key", "subscription"]),
  mode: z.enum(["personal", "shared"]),
  store: z.enum(["sqlite", "postgres"]),
  sandbox: z.string(),
  walls: z.object({ enforced: z.array(z.string()), gaps: z.array(z.string()) }),
  cli: z.object({ name: z.literal("claude"), version: z.string().nullable() }),
  processes: z.object({
    busy: count,
    holding: count,
    clean: count,
    spare: count,
    starting: count,
    limit: count,
  }),
  queue: z.object({ length: count, limit: count }),
  services: z.object({
    worker_pool: z.object({
      status: z.enum(["ok", "degraded", "overloaded"]),
      detail: z.object({ active_workers: count, max_workers: count, queued_tasks: count, max_queue: count }),
    }),
    audit_db: service,
    budget_manager: service,
    auth_manager: service,
  }),
});

export const readyAnswer = z.object({ ready: z.boolean() });
