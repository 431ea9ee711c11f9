import { lchown, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { HostUser } from "../../core/ports/host-users.ts";

/**
 * Makes a folder and all in it a user's own. Links are not followed. The folder itself comes last: one that is the user's
 * already is taken for done.
 */
export async function giveToUser(folder: string, user: HostUser): Promise<void> {
  if ((await lstat(folder)).uid === user.uid) return;
  await giveEntries(folder, user);
  await lchown(folder, user.uid, user.gid);
}

async function giveEntries(folder: string, user: HostUser): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await giveEntries(path, user);
    await lchown(path, user.uid, user.gid);
  }
}
