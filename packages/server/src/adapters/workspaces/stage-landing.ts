import { chmod, lchown, lstat, mkdir, open, rm, symlink } from "node:fs/promises";
import type { OwnerIds } from "../../core/ports/workspaces.ts";
import { isMissing } from "./create-blob-store.ts";
import { type Landing, newName } from "./landing.ts";
import { findFolder, splitPath, withFolder } from "./look-at.ts";
import type { OpenFolder } from "./open-folder.ts";
import type { BaseFile } from "./read-base.ts";

/** Gives the content of a file, or the target of a link. */
export type ReadNew = (index: number) => Promise<AsyncIterable<Uint8Array>>;

/** Lays everything new beside its place. */
export async function stageLanding(landing: Landing, readNew: ReadNew): Promise<void> {
  await withFolder(landing.directory, async (top) => {
    await mkdir(top.pathOf(Buffer.from(landing.folder)), 0o700);
    const stage = await top.openFolder(Buffer.from(landing.folder));
    try {
      const { uid, gid } = await lstat(landing.directory);
      for (const [index, { path, before, after }] of landing.files.entries()) {
        if (after === null) continue;
        const owner = (before && (await readOwner(top, path))) ?? { uid, gid, mode: 0o644 };
        await writeNew(stage, index, after, await readNew(index), owner);
      }
    } finally {
      await stage.close();
    }
  });
}

/** Removes what lay beside. */
export async function clearStage({ directory, folder }: Landing): Promise<void> {
  await withFolder(directory, (top) => rm(top.pathOf(Buffer.from(folder)), { recursive: true, force: true })).catch(
    (error: unknown) => {
      if (!isMissing(error)) throw error;
    },
  );
}

interface Owner extends OwnerIds {
  readonly mode: number;
}

async function readOwner(top: OpenFolder, path: string): Promise<Owner | null> {
  const { folders, name } = splitPath(Buffer.from(path, "base64"));
  const folder = await findFolder(top, folders);
  try {
    return folder === undefined ? null : await lstat(folder.pathOf(name));
  } catch {
    return null;
  } finally {
    await folder?.close();
  }
}

async function writeNew(
  stage: OpenFolder,
  index: number,
  after: BaseFile,
  content: AsyncIterable<Uint8Array>,
  { uid, gid, mode }: Owner,
): Promise<void> {
  const path = stage.pathOf(newName(index));
  if (after.mode === "120000") {
    const target: Uint8Array[] = [];
    for await (const chunk of content) target.push(chunk);
    await symlink(Buffer.concat(target), path);
  } else {
    const handle = await open(path, "wx", 0o600);
    try {
      for await (const chunk of content) await handle.appendFile(chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const plain = (mode & 0o666) | 0o600;
    await chmod(path, after.mode === "100755" ? plain | ((plain & 0o444) >> 2) : plain);
  }
  if (process.getuid?.() === 0) await lchown(path, uid, gid);
}
