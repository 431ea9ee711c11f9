import { realpathSync } from "node:fs";
import { isAbsolute, relative } from "node:path";

/** Whether `path` is `folder` or lies in it. Both absolute, without links. */
export function contains(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith("../") && !isAbsolute(way));
}

/** The path with all links resolved; undefined where there is nothing. */
export function resolveLinks(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
