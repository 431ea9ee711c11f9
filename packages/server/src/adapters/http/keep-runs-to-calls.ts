import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { FastifyRequest } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether the token of a run is good here. */
    readonly servesRuns?: boolean;
  }
}

/** The options of a route that takes calls of models. */
export const servesRuns = { config: { servesRuns: true } } as const;

/** Throws a `FailureError` where the token of a run is used for anything but a route that was marked for it, or for no route at all. */
export function keepRunsToCalls({ principal, routeOptions }: FastifyRequest): void {
  if (principal.runId === undefined || routeOptions.config.servesRuns === true) return;
  throw new FailureError(
    toFailure("insufficient_scope", "The token of a run is good for calls of models alone: POST /v1/messages."),
  );
}
