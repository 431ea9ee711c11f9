import { lchown, lstat, mkdir, readlink } from "node:fs/promises";
import type { OwnerIds } from "../../core/ports/workspaces.ts";
import { isMissing } from "./create-blob-store.ts";
import { digestFile, type GitHash, toGitOid } from "./digest-file.ts";
import { openFolder, type OpenFolder } from "./open-folder.ts";
import type { BaseFile } from "./read-base.ts";

/** What lies at a place: a file or link as git names it, null for nothing, `other` for anything else. */
export type Found = BaseFile | null | "other";

/** Looks at an entry of an open folder, without following a link. */
export async function lookAt(folder: OpenFolder, name: Buffer, gitHash: GitHash): Promise<Found> {
  const path = folder.pathOf(name);
  try {
    const stats = await lstat(path);
    if (stats.isSymbolicLink()) {
      return { mode: "120000", oid: toGitOid(await readlink(path, { encoding: "buffer" }), gitHash) };
    }
    if (!stats.isFile()) return "other";
    const file = await folder.openFile(name);
    try {
      const { size, mode } = await file.stat();
      const digest = await digestFile(file, size, gitHash);
      return digest === undefined ? "other" : { mode: (mode & 0o100) === 0 ? "100644" : "100755", oid: digest.oid };
    } finally {
      await file.close();
    }
  } catch (error) {
    return isMissing(error) ? null : "other";
  }
}

export function isSame(one: Found, other: Found): boolean {
  if (one === null || other === null || one === "other" || other === "other") return one === other && one !== "other";
  return one.mode === other.mode && one.oid === other.oid;
}

/** A path's folders and its last part. */
export function splitPath(path: Buffer): { readonly folders: readonly Buffer[]; readonly name: Buffer } {
  const parts = path
    .toString("latin1")
    .split("/")
    .map((part) => Buffer.from(part, "latin1"));
  const name = parts.pop() ?? Buffer.alloc(0);
  return { folders: parts, name };
}

/**
 * Opens the folder that a path lies in. Undefined where it is missing, or something else lies on the way. With `owner` missing
 * folders are made and belong to that user.
 */
export async function findFolder(
  top: OpenFolder,
  folders: readonly Buffer[],
  owner?: OwnerIds,
): Promise<OpenFolder | undefined> {
  let folder = await top.openFolder(here);
  for (const name of folders) {
    const outer = folder;
    try {
      if (owner !== undefined) await makeFolder(outer.pathOf(name), owner);
      folder = await outer.openFolder(name);
    } catch {
      return undefined;
    } finally {
      await outer.close();
    }
  }
  return folder;
}

const here = Buffer.from(".");

async function makeFolder(path: Buffer, { uid, gid }: OwnerIds): Promise<void> {
  try {
    await mkdir(path, 0o755);
  } catch {
    return; // It is there, or opening it says what is wrong.
  }
  if (process.getuid?.() === 0) await lchown(path, uid, gid);
}

/** Runs with the folder at a real path, and closes it. */
export async function withFolder<Result>(path: string, use: (top: OpenFolder) => Promise<Result>): Promise<Result> {
  const top = await openFolder(path);
  try {
    return await use(top);
  } finally {
    await top.close();
  }
}
