import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { LeftoverReport, Workspace } from "../../core/ports/workspaces.ts";
import { recoverLanding } from "./apply-change.ts";
import { type BlobStore, isMissing } from "./create-blob-store.ts";
import type { SystemTools } from "./create-system-tools.ts";
import { parts, readChange, readRecord, toWorkspace, type WorkspaceRecord } from "./workspace-record.ts";
import type { Shelf } from "./workspace-shelf.ts";

export interface ShelfParts {
  readonly root: string;
  readonly shelf: Shelf;
  readonly tools: SystemTools;
  readonly blobs: BlobStore;
  readonly log: Log;
  readonly clock: Pick<Clock, "epoch">;
  readonly retentionMs: number;
  collect(id: string): Promise<unknown>;
  remove(id: string): Promise<void>;
  /** Looks after work that nobody waits for. */
  background(work: Promise<unknown>): void;
}

/** What a folder is called while it is made or removed: a crash leaves it under that name. */
const passing = /\.(making|removing)$/;

/**
 * Ends what a server before left half done, and takes over the rest. Resolves when every workspace is known; what goes does so in the
 * background, since the server waits for this before it serves.
 */
export async function adoptOrRemoveLeftovers(
  upkeep: ShelfParts,
  isAlive: (workspace: Workspace) => Promise<boolean>,
): Promise<LeftoverReport> {
  let [adopted, removed] = [0, 0];
  for (const name of await listFolders(upkeep.root)) {
    const what = await takeOver(upkeep, name, isAlive);
    if (what === "adopted") adopted += 1;
    if (what === "removed") removed += 1;
  }
  return { adopted, removed };
}

async function takeOver(
  upkeep: ShelfParts,
  name: string,
  isAlive: (workspace: Workspace) => Promise<boolean>,
): Promise<"adopted" | "removed" | "kept"> {
  const { root, shelf, tools, log, background } = upkeep;
  const folder = join(root, name);
  const record = passing.test(name) ? undefined : await readRecord(folder);
  if (record === undefined || record.id !== name) {
    log.info({ folder: name }, "a workspace that was not made whole is removed");
    background(tools.remove(folder));
    return "removed";
  }
  shelf.put(record);
  await endLanding(folder, record, log);
  // Of most, all is gone long since: no program is started for what is not there.
  const here = await readdir(folder);
  const removing = `${parts.tree}.removing`;
  // The crash may have come before the folder got its other name.
  for (const left of record.removedAt === null ? [removing] : [removing, parts.tree]) {
    if (here.includes(left)) background(tools.remove(join(folder, left)));
  }
  if (record.removedAt !== null) return "kept";
  // Where nobody can tell, nothing is lost by keeping it.
  if (await isAlive(toWorkspace(record, folder)).catch(() => true)) return "adopted";
  background(keepAndRemove(upkeep, folder, record));
  return "removed";
}

/** Forgets what nobody may ask for any more, and the contents that nothing needs. */
export async function forgetOld({ shelf, tools, blobs, clock, retentionMs }: ShelfParts): Promise<void> {
  const now = clock.epoch();
  for (const { id, removedAt } of shelf.all()) {
    if (removedAt === null || now - removedAt < retentionMs) continue;
    const folder = shelf.folderOf(id);
    shelf.drop(id);
    await rename(folder, `${folder}.removing`);
    await tools.remove(`${folder}.removing`);
  }
  const needed = new Set<string>();
  for (const { id } of shelf.all()) {
    for (const { artifact } of (await readChange(shelf.folderOf(id)))?.files ?? []) {
      if (artifact.digest !== null) needed.add(artifact.digest.slice("sha256:".length));
    }
  }
  await blobs.sweep((sha256) => needed.has(sha256), now);
}

async function listFolders(root: string): Promise<readonly string[]> {
  try {
    return await readdir(root);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function endLanding(folder: string, record: WorkspaceRecord, log: Log): Promise<void> {
  try {
    const undone = await recoverLanding(folder, record);
    if (undone) log.warn({ workspace: record.id }, "a landing that a crash had cut off was cleared up");
  } catch (error) {
    log.error({ err: error, workspace: record.id }, "a landing that a crash had cut off could not be cleared up");
  }
}

/** Its run is over, and nobody has looked at what it made. */
async function keepAndRemove(
  { collect, remove, log }: ShelfParts,
  folder: string,
  { id }: WorkspaceRecord,
): Promise<void> {
  try {
    if ((await readChange(folder)) === undefined) await collect(id);
  } catch (error) {
    log.warn({ err: error, workspace: id }, "what a run had made could not be collected");
  }
  await remove(id).catch((error: unknown) =>
    log.warn({ err: error, workspace: id }, "a workspace could not be removed"),
  );
}
