import {
  defaultDirectoryName,
  type DirectoryInput,
  type DirectoryUpdate,
  type RegisteredDirectory,
} from "@gantry/contracts/directories";
import type { Actor } from "../control/actor.ts";
import { createAuditRecorder } from "../control/audit-recorder.ts";
import type { ControlParts } from "../control/control-parts.ts";
import { refuseState, requireFound } from "../control/refusals.ts";
import type { Page, PageRequest } from "../ports/control-store.ts";
import type { DirectoryInspector } from "../ports/directory-inspector.ts";
import type { Store } from "../ports/store.ts";

/** Rejects with a `FailureError`: `not_found`, `conflict` for a name that is taken, `invalid_request`. */
export interface DirectoryService {
  create(actor: Actor, input: DirectoryInput): Promise<RegisteredDirectory>;
  list(page: PageRequest): Promise<Page<RegisteredDirectory>>;
  get(name: string): Promise<RegisteredDirectory>;
  update(actor: Actor, name: string, update: DirectoryUpdate): Promise<RegisteredDirectory>;
  /** Workspaces that were made of it stay; nothing can be landed in it any more. */
  remove(actor: Actor, name: string): Promise<void>;
}

export interface DirectoryServiceParts extends ControlParts {
  readonly store: ControlParts["store"] & Pick<Store, "directories">;
  readonly inspector: DirectoryInspector;
  /** Path of the directory that is registered without being asked; undefined where there is none. */
  readonly defaultPath: string | undefined;
}

export function createDirectoryService(parts: DirectoryServiceParts): DirectoryService {
  const { clock, inspector } = parts;
  const { directories } = parts.store;
  const audit = createAuditRecorder(parts);
  const builtIn = toBuiltIn(parts.defaultPath, clock.epoch());
  const change = (action: string, name: string) => ({ action, target: `directory:${name}`, projectId: null });
  const find = async (name: string) => (name === builtIn?.name ? builtIn : await directories.find(name));

  return {
    create: (actor, input) =>
      audit.record(actor, { ...change("directory.created", input.name), payload: input }, async (stores) => {
        const path = await inspector.inspect(input.path);
        return await stores.directories.create({ ...input, path, createdAt: clock.epoch() });
      }),
    async list(page) {
      if (builtIn !== undefined && page.cursor === builtIn.name) return { items: [], nextCursor: null };
      const { items, nextCursor } = await directories.list(page);
      if (builtIn === undefined || nextCursor !== null) return { items, nextCursor };
      // The server's own comes last; where the page is full, on a page of its own.
      if (items.length < page.limit) return { items: [...items, builtIn], nextCursor: null };
      return { items, nextCursor: items.at(-1)?.name ?? null };
    },
    get: async (name) => requireFound(await find(name), "directory"),
    update: (actor, name, { access }) =>
      audit.record(
        actor,
        { ...change("directory.updated", name), payload: { access }, detail: access },
        async (stores) => {
          refuseBuiltIn(name);
          return requireFound(await stores.directories.setAccess(name, access), "directory");
        },
      ),
    remove: (actor, name) =>
      audit.record(actor, change("directory.removed", name), async (stores) => {
        refuseBuiltIn(name);
        requireFound((await stores.directories.remove(name)) || undefined, "directory");
      }),
  };
}

function toBuiltIn(path: string | undefined, now: number): RegisteredDirectory | undefined {
  return path === undefined ? undefined : { name: defaultDirectoryName, path, access: "read-only", createdAt: now };
}

function refuseBuiltIn(name: string): void {
  if (name !== defaultDirectoryName) return;
  throw refuseState(
    "The default directory is where the server was started, and always read-only. Register its path under a name of its own.",
  );
}
