import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { FastifyInstance } from "fastify";

/** Parts of the vendor's API that are not served, each with what to do instead. */
const unserved: Readonly<Record<string, string>> = {
  "/v1/environments/:id/work": "Sessions work on this installation: there is no queue of work for workers of your own.",
  "/v1/deployments": "Deployments are not served here: start sessions from your own scheduler.",
  "/v1/deployment_runs": "Deployments are not served here: start sessions from your own scheduler.",
  "/v1/memory_stores": "Memory stores are not served here: keep what is to be remembered in files.",
  "/v1/vaults": "Vaults are not served here: the server's owner configures credentials.",
  "/v1/dreams": "Dreams are not served here.",
  "/v1/user_profiles": "User profiles are not served here: keys and profiles of /v1/admin say who may do what.",
  "/v1/organizations": "Organizations are not served here: projects and keys of /v1/admin take their place.",
};

/** The vendor's report of usage is served by the control plane, and in its shape. */
const servedBelow = "/v1/organizations/usage_report/";

/** Whether an address belongs to a part of the vendor's API that is not served. */
export function isUnserved(path: string): boolean {
  return !path.startsWith(servedBelow) && Object.keys(unserved).some((prefix) => toPattern(prefix).test(path));
}

/** Answers 501 with a clear text, under each of the addresses and below it. */
export function addUnservedRoutes(app: FastifyInstance): void {
  for (const [path, message] of Object.entries(unserved)) {
    const refuse = (): never => {
      throw new FailureError(toFailure("not_implemented", message));
    };
    for (const url of [path, `${path}/*`]) {
      app.route({ method: ["GET", "POST", "PUT", "PATCH", "DELETE"], url, handler: refuse });
    }
  }
}

function toPattern(prefix: string): RegExp {
  return new RegExp(`^${prefix.replaceAll(/:\w+/g, "[^/]+")}(/|$)`);
}
