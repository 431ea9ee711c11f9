import type { AppliedChange, ApplyInput, Artifact, ArtifactList, WorkspaceDiff } from "@gantry/contracts/workspaces";
import type { Principal } from "../access/principal.ts";
import type { Actor } from "../control/actor.ts";
import { createAuditRecorder } from "../control/audit-recorder.ts";
import type { ControlParts } from "../control/control-parts.ts";
import { refuseState, requireFound } from "../control/refusals.ts";
import type { Page, PageRequest } from "../ports/control-store.ts";
import type { ArtifactContent, Workspace, Workspaces } from "../ports/workspaces.ts";
import type { DirectoryService } from "./directory-service.ts";
import { requireDirectory } from "./workspace-service.ts";

/** A page of what a run made, with what is to be said of the whole. */
export interface ArtifactPage extends Omit<ArtifactList, "items">, Page<Artifact> {}

/**
 * What came of a run or a session: seen by whoever may see that. Rejects with a `FailureError`: `not_found` for what the caller may not see,
 * and for what has no workspace or none that was collected.
 */
export interface WorkService {
  /** In the order of their paths. */
  artifacts(principal: Principal, ownerId: string, page: PageRequest): Promise<ArtifactPage>;
  /** By its id or its path. */
  open(principal: Principal, ownerId: string, idOrPath: string): Promise<ArtifactContent>;
  archive(principal: Principal, ownerId: string): Promise<AsyncIterable<Uint8Array>>;
  diff(principal: Principal, ownerId: string): Promise<WorkspaceDiff>;
  /** Lands the change in the directory the work began with. The caller's profile must allow that; the scope is checked before. */
  apply(caller: { principal: Principal; actor: Actor }, ownerId: string, input: ApplyInput): Promise<AppliedChange>;
}

export interface WorkServiceParts extends ControlParts {
  readonly workspaces: Pick<
    Workspaces,
    "findByOwner" | "artifacts" | "collect" | "open" | "archive" | "diff" | "apply"
  >;
  readonly directories: Pick<DirectoryService, "get">;
  /** Gives the project of a run or session that the caller may see; rejects with `not_found` for any other. */
  findProject(principal: Principal, ownerId: string): Promise<string>;
}

export function createWorkService(parts: WorkServiceParts): WorkService {
  const { workspaces, directories } = parts;
  const audit = createAuditRecorder(parts);

  async function find(principal: Principal, ownerId: string): Promise<Workspace> {
    const projectId = await parts.findProject(principal, ownerId);
    const found = workspaces.findByOwner(ownerId);
    return requireFound(found?.projectId === projectId ? found : undefined, "workspace of this run on this server");
  }

  async function read(principal: Principal, ownerId: string) {
    const { id, owner, state } = await find(principal, ownerId);
    const kept = await workspaces.artifacts(id);
    // A server that was killed as a turn ended has kept nothing of it.
    const list = kept ?? (owner.kind === "session" && state === "ready" ? await workspaces.collect(id) : undefined);
    return { id, list: requireFound(list, "list yet: nothing was collected of this run") };
  }

  return {
    async artifacts(principal, ownerId, { limit, cursor }) {
      const { items, ...rest } = (await read(principal, ownerId)).list;
      const last = cursor === undefined ? -1 : items.findIndex(({ id }) => id === cursor);
      const page = items.slice(last + 1, last + 1 + limit);
      const isLast = last + 1 + limit >= items.length;
      return { ...rest, items: page, nextCursor: isLast ? null : (page.at(-1)?.id ?? null) };
    },
    async open(principal, ownerId, idOrPath) {
      const { id, list } = await read(principal, ownerId);
      const artifact =
        list.items.find((item) => item.id === idOrPath) ?? list.items.find(({ path }) => path === idOrPath);
      const content = artifact && (await workspaces.open(id, artifact.id));
      return requireFound(content, "artifact, or nothing of it is kept");
    },
    archive: async (principal, ownerId) => await workspaces.archive((await read(principal, ownerId)).id),
    diff: async (principal, ownerId) => await workspaces.diff((await read(principal, ownerId)).id),
    async apply({ principal, actor }, ownerId, { digest }) {
      const { id, base, projectId } = await find(principal, ownerId);
      const change = { action: "run.applied", target: `run:${ownerId}`, projectId, payload: { digest } };
      return await audit.record(actor, change, async () => {
        if (base.directory === null)
          throw refuseState("The run began with no directory; there is nowhere to land its change.");
        requireDirectory(principal, base.directory);
        return await workspaces.apply(id, await directories.get(base.directory), digest);
      });
    },
  };
}
