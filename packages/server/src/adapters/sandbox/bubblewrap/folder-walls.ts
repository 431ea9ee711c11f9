import { posix } from "node:path";
import type { ShownFolder } from "../check-folders.ts";
import { toOpenFolders } from "./system-walls.ts";

/** Bubblewrap's arguments that show folders of the host; what is to stay hidden in them shows as an empty folder. */
export function toFolderWalls(folders: readonly ShownFolder[]): readonly string[] {
  return folders.flatMap(({ hostPath, insidePath, writable, hidden }) => {
    const covers = hidden.flatMap((path) => {
      const place = posix.join(insidePath, path);
      return ["--tmpfs", place, "--remount-ro", place];
    });
    return [...toOpenFolders(insidePath), writable ? "--bind" : "--ro-bind", hostPath, insidePath, ...covers];
  });
}
