import { FailureError } from "@gantry/contracts/errors";
import { matchesHost } from "../access/match-host.ts";
import { type Principal, toPolicyName } from "../access/principal.ts";
import type { AuditLog } from "../ports/audit-log.ts";
import type { EgressDoors, EgressEvent } from "../ports/egress-door.ts";
import type { Log } from "../ports/log.ts";
import type { SessionSources } from "../ports/session-sources.ts";
import type { SessionRecord } from "../ports/session-store.ts";
import type { WallsNetwork } from "../ports/walls-spec.ts";

/** The network of one process of a session. */
export interface SessionNetwork {
  readonly network: WallsNetwork;
  /** To be called when the process is gone. May be called twice. */
  close(): Promise<void>;
}

export interface SessionNetworkParts {
  /** Undefined where the walls of this machine bridge no proxy: then there is no way out at all. */
  readonly egress: EgressDoors | undefined;
  readonly sources: Pick<SessionSources, "resolveEnvironment">;
  readonly audit: Pick<AuditLog, "append">;
  readonly log: Log;
}

/** Stands for an environment that bounds nothing: what the profile says is all. Of sessions that the server makes itself. */
export const profileEnvironmentId = "env_of_the_profile";

const closed: SessionNetwork = { network: { kind: "none" }, close: async () => undefined };

/**
 * A way to the hosts that the key's profile and the session's environment both name, and none where they name none in common. Every host
 * that is asked for is a row of the audit.
 */
export function createSessionNetworks({ egress, sources, audit, log }: SessionNetworkParts) {
  return async (record: SessionRecord, principal: Principal): Promise<SessionNetwork> => {
    const { profile } = principal;
    if (egress === undefined || !profile.networkAccess) return closed;
    const networkHosts = await findHosts(sources, record, principal);
    if (networkHosts.length === 0) return closed;
    const door = await egress.open({
      profile: { networkAccess: true, networkHosts: [...networkHosts], networkMode: profile.networkMode },
      record(event) {
        if (event.type !== "egress.decided") return;
        void audit
          .append(toEntry(event, record, toPolicyName(profile)))
          .catch((error: unknown) => log.error({ err: error, session: record.id }, "A host could not be recorded."));
      },
    });
    return {
      network: { kind: "proxy", directory: door.directory, socket: door.socket },
      close: () => door.close(),
    };
  };
}

async function findHosts(
  sources: SessionNetworkParts["sources"],
  { body }: SessionRecord,
  principal: Principal,
): Promise<readonly string[]> {
  const { networkHosts } = principal.profile;
  if (body.environmentId === profileEnvironmentId) return networkHosts;
  try {
    const { networking } = (await sources.resolveEnvironment(principal, body.environmentId)).config;
    return networking.type === "unrestricted" ? networkHosts : toCommonHosts(networkHosts, networking.allowed_hosts);
  } catch (error) {
    // An environment that was archived or deleted since lets nothing out.
    if (error instanceof FailureError) return [];
    throw error;
  }
}

/** Entries of either list that an entry of the other covers. */
function toCommonHosts(left: readonly string[], right: readonly string[]): readonly string[] {
  const within = (entries: readonly string[], others: readonly string[]): readonly string[] =>
    entries.filter((entry) => others.some((other) => entry === other || matchesHost(entry, other)));
  return [...new Set([...within(left, right), ...within(right, left)])];
}

type Decided = Extract<EgressEvent, { type: "egress.decided" }>;

function toEntry({ at, host, port, verdict }: Decided, { id, keyId, projectId }: SessionRecord, policy: string) {
  return {
    at,
    actor: keyId,
    action: "egress.decided",
    target: `session:${id}`,
    projectId,
    address: null,
    policy,
    result: verdict === "refused" ? "refused" : "ok",
    detail: `${verdict === "would_refuse" ? "would refuse " : ""}${host}:${port}`.slice(0, 300),
    payloadDigest: null,
  } as const;
}
