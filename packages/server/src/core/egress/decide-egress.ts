import type { PermissionProfile } from "@gantry/contracts/access";
import { decideHost } from "../access/decide-host.ts";
import { coversAllHosts, coversHost } from "../access/match-host.ts";
import type { EgressVerdict } from "../ports/egress-door.ts";
import type { EgressTarget } from "./egress-target.ts";

/** The part of a profile that says where its programs may go. */
export type EgressEntries = Pick<PermissionProfile, "networkAccess" | "networkHosts" | "networkMode">;

export interface EgressDecision {
  readonly verdict: EgressVerdict;
  /** The entry that decided, as in `Decision`. */
  readonly rule: string;
  readonly reason: string;
  /** Whether the profile names the host, rather than all hosts: only then a credential goes with the request. */
  readonly named: boolean;
}

/**
 * What a profile says to a connection. In the mode `count` what it would refuse is let through and told; addresses are judged all
 * the same (`checkAddresses`), and a profile without network access has no proxy to ask.
 */
export function decideEgress(profile: EgressEntries, target: EgressTarget): EgressDecision {
  const { action, rule, reason } = decideHost(profile, { kind: "network", ...target });
  const isCounted = profile.networkMode === "count" && profile.networkAccess;
  const verdict = action === "allow" ? "allowed" : isCounted ? "would_refuse" : "refused";
  const named = profile.networkHosts.some(
    (entry) => !coversAllHosts(entry) && coversHost(entry, target.host, target.port),
  );
  return { verdict, rule, reason, named: named && action === "allow" };
}
