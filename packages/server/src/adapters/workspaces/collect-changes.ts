import type { ArtifactNote } from "@gantry/contracts/workspaces";
import type { Dirent } from "node:fs";
import { readlink } from "node:fs/promises";
import { isGitName } from "../../core/workspaces/check-workspace-files.ts";
import type { BlobStore } from "./create-blob-store.ts";
import { createChangeList } from "./create-change-list.ts";
import { type CollectedChange, toChangeDigest } from "./collected-change.ts";
import { digestFile, toGitOid } from "./digest-file.ts";
import { mapSome } from "./map-some.ts";
import { joinBytes, type OpenFolder } from "./open-folder.ts";
import { pointsInside } from "./points-inside.ts";
import { type BaseTree, toKey } from "./read-base.ts";
import { walkFolders } from "./walk-folders.ts";

export interface CollectLimits {
  /** Files and folders that are looked at. */
  readonly mostEntries: number;
  readonly mostChanges: number;
  readonly largestFileBytes: number;
  /** Of all files that are kept. */
  readonly mostBytes: number;
}

export const usualCollectLimits: CollectLimits = {
  mostEntries: 250_000,
  mostChanges: 20_000,
  largestFileBytes: 1024 ** 3,
  mostBytes: 4 * 1024 ** 3,
};

export interface CollectRequest {
  /** The folder that the agent has had. */
  readonly tree: string;
  readonly startCommit: string;
  readonly base: BaseTree;
  readonly blobs: BlobStore;
  readonly limits: CollectLimits;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Compares a folder with what it began with and keeps what is new. The folder is hostile: nothing in it is followed, run or trusted, and
 * what cannot be read is noted.
 */
export async function collectChanges(request: CollectRequest): Promise<CollectedChange> {
  const { tree, startCommit, base, blobs, limits } = request;
  const list = createChangeList(base, limits);
  const walk = walkFolders(tree, {
    enters: (_path, name) => !isGitName(name.toString()),
    onLost: (path, reason) => {
      const why = reason === "too_deep" ? "The folder lies too deep." : "The folder could not be read.";
      list.lose(path, reason, why);
    },
    mostEntries: limits.mostEntries,
    onFull: () => list.overflow(`More than ${limits.mostEntries} files and folders; the rest was not looked at.`),
  });
  for await (const { path, folder, entries } of walk) await mapSome(entries, (entry) => inspect(entry, folder, path));
  const { files, notes, complete } = list.finish();
  return { files, notes, complete, collectedAt: request.now, digest: toChangeDigest(startCommit, complete, files) };

  async function inspect(entry: Dirent<Buffer>, folder: OpenFolder, parent: Buffer): Promise<void> {
    const path = joinBytes(parent, entry.name);
    if (isGitName(entry.name.toString())) {
      // The agent's own repository; what it changed of the files is told by the files.
      if (parent.length === 0 && entry.name.toString() === ".git") return;
      return list.skip(path, "nested_repository", "A repository in the workspace is not exported.");
    }
    list.see(path);
    if (entry.isSymbolicLink()) return await inspectLink(path, folder, entry.name, parent);
    if (entry.isFile()) return await inspectFile(path, folder, entry.name);
    list.skip(path, "no_file", "It is a pipe, a socket or a device.");
  }

  async function inspectLink(path: Buffer, folder: OpenFolder, name: Buffer, parent: Buffer): Promise<void> {
    const target = await readlink(folder.pathOf(name), { encoding: "buffer" }).catch(() => undefined);
    if (target === undefined) return list.skip(path, "changed_meanwhile", "It changed while it was looked at.");
    const oid = toGitOid(target, base.gitHash);
    const before = base.files.get(toKey(path));
    if (before?.oid === oid && before.mode === "120000") return;
    const inside = pointsInside(parent, target);
    list.add({
      path,
      after: { mode: "120000", oid },
      size: target.length,
      sha256: null,
      target: inside ? target : null,
    });
    if (!inside) list.skip(path, "points_outside", "The link leads out of the workspace; it is not exported.");
  }

  async function inspectFile(path: Buffer, folder: OpenFolder, name: Buffer): Promise<void> {
    let file;
    try {
      file = await folder.openFile(name);
    } catch (error) {
      return list.skip(path, ...explain(error));
    }
    try {
      const stats = await file.stat();
      if (!stats.isFile()) return list.skip(path, "changed_meanwhile", "It changed while it was looked at.");
      const { size } = stats;
      const mode = (stats.mode & 0o100) === 0 ? "100644" : "100755";
      if (size > limits.largestFileBytes) {
        list.add({ path, after: { mode, oid: "" }, size, sha256: null, target: null });
        return list.skip(path, "too_large", `Files of more than ${limits.largestFileBytes} bytes are not kept.`);
      }
      const found = await digestFile(file, size, base.gitHash);
      const before = base.files.get(toKey(path));
      if (found !== undefined && before?.oid === found.oid && before.mode === mode) return;
      const room = list.takeRoom(size);
      if (room !== "taken") {
        list.add({ path, after: { mode, oid: found?.oid ?? "" }, size, sha256: null, target: null });
        if (room === "too_large")
          list.skip(path, "too_large", `No more than ${limits.mostBytes} bytes of one run are kept.`);
        return;
      }
      const kept = found && (await blobs.keep(file, size, base.gitHash));
      if (kept === undefined || kept.oid !== found?.oid) {
        return list.skip(path, "changed_meanwhile", "It was written while it was read.");
      }
      list.add({ path, after: { mode, oid: kept.oid }, size, sha256: kept.sha256, target: null });
    } finally {
      await file.close();
    }
  }
}

function explain(error: unknown): [ArtifactNote["code"], string] {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EACCES" || code === "EPERM") return ["unreadable", "The server may not read it."];
  return ["changed_meanwhile", "It changed while it was looked at."];
}
