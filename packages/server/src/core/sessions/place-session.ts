import type { PermissionProfile } from "@gantry/contracts/access";
import type { WorkspaceSource } from "@gantry/contracts/workspaces";
import type { Principal } from "../access/principal.ts";
import type { Log } from "../ports/log.ts";
import type { SessionSources } from "../ports/session-sources.ts";
import type { SessionRecord } from "../ports/session-store.ts";
import type { OwnerIds, Workspace, WorkspaceFile, WorkspaceOwner } from "../ports/workspaces.ts";
import type { SessionNetwork } from "./open-session-network.ts";
import type { SessionPlace } from "./session-parts.ts";

/** Makes and finds the folders of sessions. */
export interface SessionFolders {
  findByOwner(ownerId: string): Workspace | undefined;
  create(
    principal: Principal,
    wanted: {
      readonly owner: WorkspaceOwner;
      readonly source: WorkspaceSource;
      readonly files?: readonly WorkspaceFile[];
      readonly ownerIds?: OwnerIds;
    },
  ): Promise<Workspace>;
  /** Rejects where one of that kind could not be made. */
  check(principal: Principal, source: WorkspaceSource): Promise<void>;
  /** Keeps what was made in it. */
  collect(id: string): Promise<unknown>;
}

export interface PlacingParts {
  /** Undefined where none are served: then a process has an empty folder that goes with it. */
  readonly folders: SessionFolders | undefined;
  readonly sources: Pick<SessionSources, "workspaceOf">;
  openNetwork(record: SessionRecord, principal: Principal): Promise<SessionNetwork>;
  readonly log: Log;
  /** The user of the host that an owner's programs run as, where they have one of their own. */
  userOf(owner: string): Promise<OwnerIds | undefined>;
}

/**
 * Where the processes of a session work: one folder for all of them, made for the first, with what the session was given laid into it; and
 * the bounds of the key's profile.
 */
export function createSessionPlaces({ folders, sources, openNetwork, userOf, log }: PlacingParts) {
  async function findFolder(record: SessionRecord, principal: Principal): Promise<Workspace | undefined> {
    if (folders === undefined || principal.profile.filesystemAccess === "none") return undefined;
    const found = folders.findByOwner(record.id);
    if (found?.state === "ready") return found;
    const { directory, ref } = record.body.settings.workspace ?? {};
    const [{ files }, ownerIds] = await Promise.all([sources.workspaceOf(record), userOf(principal.owner)]);
    return await folders.create(principal, {
      owner: { kind: "session", id: record.id },
      source: directory === undefined ? { kind: "empty" } : toSource(directory, ref),
      files,
      ...(ownerIds !== undefined && { ownerIds }),
    });
  }

  return async (record: SessionRecord, principal: Principal): Promise<SessionPlace> => {
    const { profile, owner } = principal;
    const folder = await findFolder(record, principal);
    const { network, close } = await openNetwork(record, principal);
    const { access = "read_write", trust_settings: trusts = false } = record.body.settings.workspace ?? {};
    const writable = access === "read_write" && profile.filesystemAccess === "readwrite";
    const warn = (error: unknown): void =>
      log.warn({ err: error, session: record.id }, "What a session's process leaves could not be kept.");
    const collect = async (): Promise<void> => {
      if (writable && folder !== undefined) await folders?.collect(folder.id);
    };
    return {
      walls: {
        owner,
        ...(folder !== undefined && { workspace: { hostPath: folder.hostPath, writable } }),
        network,
        limits: toLimits(profile),
      },
      // Both have to want it: what a workspace brings may steer the agent.
      trustWorkspaceSettings: trusts && profile.trustProjectSettings,
      keep: () => void collect().catch(warn),
      async release() {
        for (const outcome of await Promise.allSettled([close(), collect()])) {
          if (outcome.status === "rejected") warn(outcome.reason);
        }
      },
    };
  };
}

function toSource(directory: string, ref: string | undefined): WorkspaceSource {
  return { kind: "directory", directory, ...(ref !== undefined && { ref }) };
}

const mebibyte = 1_048_576;

function toLimits(profile: PermissionProfile): NonNullable<SessionPlace["walls"]["limits"]> {
  return {
    ...(profile.maxMemoryGb > 0 && { memoryBytes: Math.round(profile.maxMemoryGb * 1024 * mebibyte) }),
    ...(profile.maxCpuCores > 0 && { cpuCores: profile.maxCpuCores }),
    ...(profile.workspaceSizeMb > 0 && { diskBytes: profile.workspaceSizeMb * mebibyte }),
  };
}
