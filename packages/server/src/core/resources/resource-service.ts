import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { SessionResource, SessionResourceInput } from "@gantry/contracts/session-resources";
import type { Principal } from "../access/principal.ts";
import type { ControlParts } from "../control/control-parts.ts";
import { createId } from "../control/create-id.ts";
import { refuseField, requireFound } from "../control/refusals.ts";
import { toTimestamp } from "../control/to-timestamp.ts";
import type { FileService } from "../files/file-service.ts";
import type { Clock } from "../ports/clock.ts";
import type { ManagedStore } from "../ports/managed-store.ts";

/**
 * What sessions find in their workspaces. Who may see a session is decided before. Rejects with a `FailureError`: `invalid_request`
 * for what cannot be, `not_found` for a file that the caller may not see.
 */
export interface ResourceService {
  /** All or none. Undefined fields of the inputs get their defaults. */
  add(
    principal: Principal,
    sessionId: string,
    inputs: readonly SessionResourceInput[],
  ): Promise<readonly SessionResource[]>;
  list(sessionId: string): Promise<readonly SessionResource[]>;
  listMany(sessionIds: readonly string[]): Promise<ReadonlyMap<string, readonly SessionResource[]>>;
  get(sessionId: string, id: string): Promise<SessionResource>;
  /** What the session has of it already stays there. */
  delete(sessionId: string, id: string): Promise<void>;
  drop(sessionId: string): Promise<void>;
}

export interface ResourceServiceParts {
  readonly resources: ManagedStore["resources"];
  readonly files: Pick<FileService, "get">;
  readonly clock: Pick<Clock, "epoch">;
  readonly random: ControlParts["random"];
}

/** Where a session works, as it sees it itself. */
export const workspacePath = "/home/agent/work";
const mostResources = 500;

export function createResourceService({ resources, files, clock, random }: ResourceServiceParts): ResourceService {
  const listMany = async (sessionIds: readonly string[]): Promise<Map<string, readonly SessionResource[]>> => {
    const found = await resources.list(sessionIds);
    const bySession = Map.groupBy(found, ({ sessionId }) => sessionId);
    return new Map(sessionIds.map((id) => [id, (bySession.get(id) ?? []).map(({ resource }) => resource)]));
  };
  const list = async (sessionId: string) => (await listMany([sessionId])).get(sessionId) ?? [];

  return {
    async add(principal, sessionId, inputs) {
      const now = clock.epoch();
      const there = await list(sessionId);
      if (there.length + inputs.length > mostResources) {
        throw refuseField("resources", `expected at most ${mostResources} in all`);
      }
      const added: SessionResource[] = [];
      for (const [index, input] of inputs.entries()) {
        const path = inputs.length === 1 ? "" : `resources[${index}].`;
        const dated = { id: createId("sesrsc", random), created_at: toTimestamp(now), updated_at: toTimestamp(now) };
        const resource = { ...dated, ...(await resolve(principal, input, path)) };
        refuseTaken(resource, [...there, ...added], path);
        added.push(resource);
      }
      await resources.add(
        added.map((resource) => ({ sessionId, resource })),
        now,
      );
      return added;
    },
    list,
    listMany,
    async get(sessionId, id) {
      return requireFound(
        (await list(sessionId)).find((resource) => resource.id === id),
        "resource",
      );
    },
    async delete(sessionId, id) {
      requireFound((await resources.delete(sessionId, id)) || undefined, "resource");
    },
    drop: (sessionId) => resources.deleteAll(sessionId),
  };

  async function resolve(principal: Principal, input: SessionResourceInput, path: string): Promise<Undated> {
    switch (input.type) {
      case "file": {
        const { filename } = await files.get(principal, input.file_id);
        const mount_path = toInside(input.mount_path ?? `${workspacePath}/uploads/${filename}`);
        if (!isInside(mount_path)) {
          throw refuseField(
            `${path}mount_path`,
            `expected a path below ${workspacePath}, got ${JSON.stringify(mount_path)}`,
          );
        }
        return { type: "file", file_id: input.file_id, mount_path };
      }
      case "github_repository": {
        toDirectoryName(input.url, path);
        if (input.authorization_token !== undefined) {
          throw refuseField(`${path}authorization_token`, "a directory of this server needs none; leave it out");
        }
        if (input.mount_path && toInside(input.mount_path) !== workspacePath) {
          throw refuseField(`${path}mount_path`, `a repository is the workspace itself: expected ${workspacePath}`);
        }
        const { url, checkout = null } = input;
        return { type: "github_repository", url, checkout, mount_path: workspacePath };
      }
      case "memory_store":
        throw new FailureError(
          toFailure("not_implemented", "Memory stores are not served here.", { param: `${path}type` }),
        );
    }
  }
}

type Undated =
  | Omit<Extract<SessionResource, { type: "file" }>, "id" | "created_at" | "updated_at">
  | Omit<Extract<SessionResource, { type: "github_repository" }>, "id" | "created_at" | "updated_at">;

/** The registered directory that the address of a repository names: `file:///NAME`. Throws a `FailureError` for any other. */
export function toDirectoryName(url: string, path = ""): string {
  const name = /^file:\/\/\/([a-z0-9][a-z0-9._-]{0,63})$/.exec(url)?.[1];
  if (name !== undefined) return name;
  const message =
    `${path}url: the server fetches no repository from elsewhere. Have an administrator register its folder as a ` +
    "directory, and name it as file:///NAME.";
  throw new FailureError(toFailure("invalid_request", message, { param: `${path}url` }));
}

/** Where a path of the client's lies in truth: many write `/workspace` for the folder that a session works in. */
function toInside(mountPath: string): string {
  return mountPath.replace(/^\/workspace(?=\/|$)/, () => workspacePath);
}

function isInside(mountPath: string): boolean {
  const parts = mountPath.split("/").slice(1);
  return mountPath.startsWith(`${workspacePath}/`) && !parts.some((part) => part.toLowerCase() === ".git");
}

/** Two at one place, or one inside the other, cannot both be there. */
function refuseTaken(resource: SessionResource, others: readonly SessionResource[], path: string): void {
  const taken = others.find((other) =>
    resource.type === "github_repository" || other.type === "github_repository"
      ? resource.type === other.type
      : other.mount_path === resource.mount_path ||
        other.mount_path.startsWith(`${resource.mount_path}/`) ||
        resource.mount_path.startsWith(`${other.mount_path}/`),
  );
  if (taken === undefined) return;
  throw refuseField(`${path}mount_path`, `${JSON.stringify(resource.mount_path)} is taken by the resource ${taken.id}`);
}
