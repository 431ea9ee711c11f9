import { constants } from "node:fs";
import { copyFile, lchown, link, lstat, readlink, rename, rm, rmdir, symlink } from "node:fs/promises";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { OwnerIds } from "../../core/ports/workspaces.ts";
import { type LandedFile, type Landing, newName, oldName, refuseMoved } from "./landing.ts";
import { findFolder, isSame, lookAt, splitPath, withFolder } from "./look-at.ts";
import type { OpenFolder } from "./open-folder.ts";
import type { BaseFile } from "./read-base.ts";
import { showPath } from "./show-path.ts";

/** Puts every file in its place. Rejects with a `FailureError` of code `conflict` where one is not as it was, after undoing the others. */
export async function carryOut(landing: Landing): Promise<void> {
  try {
    await withStage(landing, async (top, stage) => {
      const { uid, gid } = await lstat(landing.directory);
      for (const index of inOrder(landing.files)) {
        await putInPlace(top, stage, index, landing, { uid, gid });
      }
    });
  } catch (cause) {
    await undo(landing);
    if (cause instanceof FailureError) throw cause;
    throw new FailureError(toFailure("conflict", "A file could not be put in its place; nothing was landed."), {
      cause,
    });
  }
}

/** Puts back what was there, but for what somebody has changed since. May be called at any moment of a landing, and twice. */
export async function undo(landing: Landing): Promise<void> {
  await withStage(landing, async (top, stage) => {
    for (const index of inOrder(landing.files).toReversed()) await putBack(top, stage, index, landing);
  });
}

/** What goes makes room for what comes. */
function inOrder(files: readonly LandedFile[]): number[] {
  const rank = ({ before, after }: LandedFile) => (after === null ? 0 : before === null ? 2 : 1);
  const indices = files.map((_, index) => index);
  const rankOf = (index: number) => rank(files[index] ?? { path: "", before: null, after: null });
  return indices.toSorted((one, other) => rankOf(one) - rankOf(other) || one - other);
}

async function withStage(
  { directory, folder }: Landing,
  use: (top: OpenFolder, stage: OpenFolder) => Promise<void>,
): Promise<void> {
  await withFolder(directory, async (top) => {
    const stage = await top.openFolder(Buffer.from(folder)).catch(() => undefined);
    if (stage === undefined) return;
    try {
      await use(top, stage);
    } finally {
      await stage.close();
    }
  });
}

async function putInPlace(
  top: OpenFolder,
  stage: OpenFolder,
  index: number,
  { files, gitHash }: Landing,
  owner: OwnerIds,
): Promise<void> {
  const { path, before, after } = files[index] ?? { path: "", before: null, after: null };
  const whole = Buffer.from(path, "base64");
  const { folders, name } = splitPath(whole);
  const folder = await findFolder(top, folders, after === null ? undefined : owner);
  if (folder === undefined) throw refuseMoved([showPath(whole).text]);
  const [place, fresh, old] = [folder.pathOf(name), stage.pathOf(newName(index)), stage.pathOf(oldName(index))];
  try {
    if (before !== null) {
      // A file stays in its place until the new one takes it; a link cannot be had twice.
      await (after === null || before.mode === "120000" ? rename(place, old) : keepCopy(place, old));
      if (!isSame(await lookAt(stage, oldName(index), gitHash), before)) throw refuseMoved([showPath(whole).text]);
    }
    if (after === null) return await removeEmptied(top, whole);
    if (before !== null && before.mode !== "120000") return await rename(fresh, place);
    // Fails where somebody has put something there.
    await (after.mode === "120000" ? copyLink(fresh, place, owner) : keepCopy(fresh, place));
  } catch (cause) {
    throw cause instanceof FailureError ? cause : refuseMoved([showPath(whole).text], cause);
  } finally {
    await folder.close();
  }
}

/** The same file under a second name, or a copy where the file system has no such thing. Fails where something lies there. */
async function keepCopy(from: Buffer, to: Buffer): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "EOPNOTSUPP" && code !== "ENOSYS") throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
  }
}

async function copyLink(from: Buffer, to: Buffer, { uid, gid }: OwnerIds): Promise<void> {
  await symlink(await readlink(from, { encoding: "buffer" }), to);
  if (process.getuid?.() === 0) await lchown(to, uid, gid);
}

async function putBack(top: OpenFolder, stage: OpenFolder, index: number, { files, gitHash }: Landing): Promise<void> {
  const { path, before, after } = files[index] ?? { path: "", before: null, after: null };
  const { folders, name } = splitPath(Buffer.from(path, "base64"));
  const folder = await findFolder(
    top,
    folders,
    before === null ? undefined : await lstat(top.pathOf(Buffer.from("."))),
  );
  if (folder === undefined) return;
  try {
    const found = await lookAt(folder, name, gitHash);
    const old = await lookAt(stage, oldName(index), gitHash);
    // Ours, or already gone: anything else is somebody's work since.
    if (before !== null && old !== null && (found === null || isSame(found, after))) {
      await rename(stage.pathOf(oldName(index)), folder.pathOf(name));
    }
    if (before === null && isSame(found, after) && (await isOurs(stage, index, folder.pathOf(name), after))) {
      await rm(folder.pathOf(name), { force: true });
      await removeEmptied(top, Buffer.from(path, "base64"));
    }
  } finally {
    await folder.close();
  }
}

/** Whether what lies at an added path is the staged file itself. Of a link its like is enough: nothing is lost with it. */
async function isOurs(stage: OpenFolder, index: number, place: Buffer, after: BaseFile | null): Promise<boolean> {
  if (after?.mode === "120000") return true;
  const staged = await lstat(stage.pathOf(newName(index))).catch(() => undefined);
  return staged !== undefined && staged.ino === (await lstat(place)).ino;
}

/** Folders that hold nothing any more go, as git has it. */
async function removeEmptied(top: OpenFolder, path: Buffer): Promise<void> {
  const { folders } = splitPath(path);
  for (let depth = folders.length; depth > 0; depth -= 1) {
    const outer = await findFolder(top, folders.slice(0, depth - 1));
    try {
      const name = folders[depth - 1];
      if (outer === undefined || name === undefined) return;
      await rmdir(outer.pathOf(name));
    } catch {
      return; // Something is in it still.
    } finally {
      await outer?.close();
    }
  }
}
