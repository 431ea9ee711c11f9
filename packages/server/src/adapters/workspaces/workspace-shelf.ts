import { join } from "node:path";
import type { Workspace } from "../../core/ports/workspaces.ts";
import { toWorkspace, type WorkspaceRecord } from "./workspace-record.ts";

/** The records of all workspaces that are there, in memory; on the disk each lies in its own folder. */
export interface Shelf {
  folderOf(id: string): string;
  put(record: WorkspaceRecord): void;
  get(id: string): WorkspaceRecord | undefined;
  find(id: string): Workspace | undefined;
  /** The newest. */
  findByOwner(ownerId: string): Workspace | undefined;
  all(): readonly WorkspaceRecord[];
  drop(id: string): void;
}

export function createShelf(root: string): Shelf {
  const records = new Map<string, WorkspaceRecord>();
  const folderOf = (id: string) => join(root, id);
  const show = (record: WorkspaceRecord | undefined) => record && toWorkspace(record, folderOf(record.id));
  return {
    folderOf,
    put: (record) => records.set(record.id, record),
    get: (id) => records.get(id),
    find: (id) => show(records.get(id)),
    findByOwner(ownerId) {
      const own = [...records.values()].filter(({ owner }) => owner.id === ownerId);
      return show(own.toSorted((one, other) => one.createdAt - other.createdAt).at(-1));
    },
    all: () => [...records.values()],
    drop: (id) => records.delete(id),
  };
}
