import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** The first program of a name in folders separated by colons, as in `PATH`; relative ones are passed over. */
export function findProgram(name: string, searchPath: string): string | undefined {
  const places = searchPath.split(":").filter((folder) => folder.startsWith("/"));
  return places.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
