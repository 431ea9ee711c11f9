import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { WorkspaceSource } from "@gantry/contracts/workspaces";
import { decide } from "../access/decide.ts";
import type { Principal } from "../access/principal.ts";
import type { OwnerIds, Workspace, WorkspaceFile, WorkspaceOwner, Workspaces } from "../ports/workspaces.ts";
import { checkWorkspaceFiles } from "./check-workspace-files.ts";
import type { DirectoryService } from "./directory-service.ts";

export interface NewWorkspace {
  readonly owner: WorkspaceOwner;
  /** With the name of a registered directory; no other path can be named. */
  readonly source: WorkspaceSource;
  readonly files?: readonly WorkspaceFile[];
  readonly ownerIds?: OwnerIds;
}

/** Makes workspaces for whoever may have them. */
export interface WorkspaceService {
  /**
   * Rejects with a `FailureError`: `forbidden` where the profile allows no workspace or not that directory, `not_found` for a name that is
   * none, and as `Workspaces.create` does. What it begins with must fit into the profile's `workspaceSizeMb`.
   */
  create(principal: Principal, wanted: NewWorkspace): Promise<Workspace>;
  /** Rejects as `create` would, as far as that can be told beforehand. */
  check(principal: Principal, source: WorkspaceSource): Promise<void>;
}

export interface WorkspaceServiceParts {
  readonly workspaces: Pick<Workspaces, "create">;
  readonly directories: Pick<DirectoryService, "get">;
}

const mebibyte = 1_048_576;

export function createWorkspaceService({ workspaces, directories }: WorkspaceServiceParts): WorkspaceService {
  return {
    async create(principal, { owner, source, files, ownerIds }) {
      const { profile, projectId } = principal;
      requireWorkspace(principal);
      const refusal = files && checkWorkspaceFiles(files);
      if (refusal !== undefined) throw new FailureError(refusal);
      return await workspaces.create({
        owner,
        projectId,
        source: source.kind === "empty" ? source : await findSource(principal, source),
        maxBytes: profile.workspaceSizeMb * mebibyte,
        ...(files !== undefined && { files }),
        ...(ownerIds !== undefined && { ownerIds }),
      });
    },
    async check(principal, source) {
      requireWorkspace(principal);
      if (source.kind === "directory") await findSource(principal, source);
    },
  };

  async function findSource(principal: Principal, { directory: name, ref }: WorkspaceSource & { kind: "directory" }) {
    requireDirectory(principal, name);
    const directory = await directories.get(name);
    return { kind: "directory", directory, ...(ref !== undefined && { ref }) } as const;
  }
}

function requireWorkspace({ profile }: Principal): void {
  if (profile.filesystemAccess !== "none" && profile.workspaceSizeMb !== 0) return;
  throw refuse(`The profile ${profile.name} gives no workspace (filesystemAccess, workspaceSizeMb).`);
}

/** Throws a `FailureError` of code `forbidden`, whether or not there is such a directory. */
export function requireDirectory({ profile }: Principal, name: string): void {
  if (decide(profile, { kind: "directory", name }).action === "allow") return;
  throw refuse(`The profile ${profile.name} does not allow the directory ${name} (allowedDirectories).`);
}

function refuse(message: string): FailureError {
  return new FailureError(toFailure("forbidden", message));
}
