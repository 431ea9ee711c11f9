import { FailureError } from "@gantry/contracts/errors";
import type { FastifyInstance } from "fastify";
import { requireScope } from "../../core/access/principal.ts";
import type { MetricsText } from "../../core/ports/metrics.ts";

export interface MetricsRouteParts {
  readonly text: MetricsText;
}

/** `GET /metrics` for a Prometheus server with a key of scope `admin`. A hook before it sets `request.principal`. */
export function addMetricsRoute(app: FastifyInstance, { text }: MetricsRouteParts): void {
  app.get("/metrics", async (request, reply) => {
    const refusal = requireScope(request.principal, "admin");
    if (refusal !== undefined) throw new FailureError(refusal);
    return await reply
      .header("cache-control", "no-store")
      .type(text.contentType)
      .send(await text.read());
  });
}
