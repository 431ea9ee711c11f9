import { lstat } from "node:fs/promises";
import { isAbsolute, normalize, relative } from "node:path";
import type { WallsFolder, WallsSpec } from "../../core/ports/walls-spec.ts";
import { contains, resolveLinks } from "./path-relations.ts";
import { toWallsProblem } from "./walls-problem.ts";

export interface FolderRules {
  /** Folders that stay hidden also within a folder that is shown. */
  readonly hiddenPaths: readonly string[];
  /** The server's own; a folder that holds it, and is to be shown whole, is a mistake. */
  readonly dataDirectory: string;
  /** Where the program starts inside. */
  readonly workingDirectory: string;
}

/** A folder of the host that may be shown, at its place inside. */
export interface ShownFolder extends WallsFolder {
  readonly insidePath: string;
  /** Paths below it, relative to it, that are to stay hidden. */
  readonly hidden: readonly string[];
}

/** Places that belong to the walls themselves. */
const systemPlaces = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
const ownPlaces = [...systemPlaces, "/etc", "/proc", "/dev", "/sys", "/run", "/opt/agent", "/tmp"];

/** All folders of a spec, looked at. Rejects with `walls_unavailable` for one that cannot be shown. */
export async function checkFolders(
  { workspace, folders = [] }: Pick<WallsSpec, "workspace" | "folders">,
  rules: FolderRules,
): Promise<readonly ShownFolder[]> {
  const taken = folders.find(({ insidePath }) => !isFreePlace(insidePath, rules.workingDirectory));
  if (taken !== undefined) {
    throw toWallsProblem(`A folder cannot be shown at ${taken.insidePath}: the place belongs to the walls.`);
  }
  const first = workspace === undefined ? [] : [{ ...workspace, insidePath: rules.workingDirectory }];
  return await Promise.all([...first, ...folders].map((folder) => checkFolder(folder, rules)));
}

async function checkFolder(
  folder: WallsFolder & { readonly insidePath: string },
  { hiddenPaths, dataDirectory }: FolderRules,
): Promise<ShownFolder> {
  const { hostPath } = folder;
  const isFolder = await lstat(hostPath).then(
    (stat) => stat.isDirectory(),
    () => false,
  );
  if (!isFolder || !isAbsolute(hostPath) || resolveLinks(hostPath) !== hostPath) {
    throw toWallsProblem("A folder that the work needs is not there.", new Error(`No folder, or a link: ${hostPath}`));
  }
  if (resolveLinks(dataDirectory) === hostPath || hostPath === "/") {
    throw toWallsProblem("A folder that holds the server's own data cannot be shown.", new Error(hostPath));
  }
  const hidden = hiddenPaths.flatMap((path) => {
    const real = resolveLinks(path);
    return real === undefined || real === hostPath || !contains(hostPath, real) ? [] : [relative(hostPath, real)];
  });
  return { ...folder, hidden };
}

/** Whether something of the host may be shown at a place, without covering what the walls are made of. */
function isFreePlace(path: string, workingDirectory: string): boolean {
  if (!isAbsolute(path) || path === "/" || normalize(path) !== path || path.endsWith("/")) return false;
  if (ownPlaces.some((place) => contains(place, path))) return false;
  return !contains(path, workingDirectory) && !contains(workingDirectory, path);
}
