import { lstat } from "node:fs/promises";
import { isAbsolute, normalize, posix, relative } from "node:path";
import type { WallsFolder, WallsSpec } from "../../../core/ports/walls-spec.ts";
import { toWallsProblem } from "../walls-problem.ts";
import { temporaryFolder, workingDirectory } from "./base-walls.ts";
import { contains, isInSystem, resolveLinks, toOpenFolders } from "./system-walls.ts";

export interface FolderWallsOptions {
  /** Folders that stay hidden also within a folder that is shown. */
  readonly hiddenPaths: readonly string[];
  /** The server's own; a folder that holds it, and is to be shown whole, is a mistake. */
  readonly dataDirectory: string;
}

/** Places that belong to the walls themselves. */
const ownPlaces = ["/etc", "/proc", "/dev", "/sys", "/run", "/opt/agent", temporaryFolder];

/** Bubblewrap's arguments that show the workspace and further folders of the host. Rejects with `walls_unavailable`. */
export async function toFolderWalls(
  { workspace, folders = [] }: Pick<WallsSpec, "workspace" | "folders">,
  options: FolderWallsOptions,
): Promise<readonly string[]> {
  const args: string[] = [];
  if (workspace !== undefined) args.push(...(await toBind(workspace, workingDirectory, options)));
  for (const folder of folders) {
    if (!isFreePlace(folder.insidePath)) {
      throw toWallsProblem(`A folder cannot be shown at ${folder.insidePath}: the place belongs to the walls.`);
    }
    args.push(...toOpenFolders(folder.insidePath), ...(await toBind(folder, folder.insidePath, options)));
  }
  return args;
}

async function toBind(
  { hostPath, writable }: WallsFolder,
  inside: string,
  { hiddenPaths, dataDirectory }: FolderWallsOptions,
): Promise<readonly string[]> {
  const isFolder = await lstat(hostPath).then(
    (stat) => stat.isDirectory(),
    () => false,
  );
  if (!isFolder || !isAbsolute(hostPath) || resolveLinks(hostPath) !== hostPath) {
    throw toWallsProblem("A folder that the work needs is not there.", new Error(`No folder, or a link: ${hostPath}`));
  }
  const data = resolveLinks(dataDirectory);
  if (data === hostPath || hostPath === "/") {
    throw toWallsProblem("A folder that holds the server's own data cannot be shown.", new Error(hostPath));
  }
  const hidden = hiddenPaths.flatMap((path) => {
    const real = resolveLinks(path);
    if (real === undefined || real === hostPath || !contains(hostPath, real)) return [];
    const place = posix.join(inside, relative(hostPath, real));
    return ["--tmpfs", place, "--remount-ro", place];
  });
  return [writable ? "--bind" : "--ro-bind", hostPath, inside, ...hidden];
}

/** Whether something of the host may be shown at a place, without covering what the walls are made of. */
function isFreePlace(path: string): boolean {
  if (!isAbsolute(path) || path === "/" || normalize(path) !== path || path.endsWith("/")) return false;
  if (isInSystem(path) || ownPlaces.some((place) => contains(place, path))) return false;
  return !contains(path, workingDirectory) && !contains(workingDirectory, path);
}
