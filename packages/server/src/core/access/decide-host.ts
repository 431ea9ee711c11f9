import type { PermissionProfile } from "@gantry/contracts/access";
import { toAllowed, toDenied, toShown, type Decision } from "./decision.ts";
import { coversAllHosts, coversHost, normaliseHost } from "./match-host.ts";

export type NetworkEntries = Pick<PermissionProfile, "networkAccess" | "networkHosts">;

export interface HostRequest {
  readonly kind: "network";
  /** A name or an address without a port; international names in their ASCII form. */
  readonly host: string;
  /** Where it is known: an entry without a port is about those of the web alone. */
  readonly port?: number;
}

/** What the entries of a profile say to a host. */
export function decideHost(profile: NetworkEntries, { host, port }: HostRequest): Decision {
  if (!profile.networkAccess) return toDenied("networkAccess: false", "The profile permits no network access.");
  const shown = toShown(host);
  const normal = normaliseHost(host);
  if (normal === undefined) return toDenied("default", `${shown} is no host that can be judged.`);
  const covering = profile.networkHosts.filter((entry) => coversHost(entry, normal, port));
  // The one that says most: the rule that is shown is not `*` where the host is named.
  const entry = covering.find((allowed) => !coversAllHosts(allowed)) ?? covering[0];
  if (entry !== undefined) return toAllowed(`networkHosts: ${toShown(entry)}`, `The host ${shown} is allowed.`);
  const where = port === undefined ? shown : `${shown} at port ${port}`;
  return toDenied("default", `The host ${where} is not among the allowed hosts.`);
}
