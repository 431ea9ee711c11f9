import { posix } from "node:path";
import { home } from "./base-walls.ts";
import { toHomeMode, type WallsUser } from "./walls-user.ts";

/**
 * Bubblewrap's arguments for the folders on the way to places in the home: a dropped user could not enter those that bubblewrap makes by itself.
 */
export function toHomeFolderWalls(user: WallsUser, places: readonly { readonly path: string }[]): string[] {
  if (user.kind !== "dropped") return [];
  const folders = new Set<string>();
  for (const { path } of places) {
    const parts = path.split("/").slice(0, -1);
    for (const depth of parts.keys()) folders.add(posix.join(home, ...parts.slice(0, depth + 1)));
  }
  return [...folders].flatMap((folder) => ["--perms", toHomeMode(user, "0700"), "--dir", folder]);
}
