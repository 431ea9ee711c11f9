import { readdirSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { contains, resolveLinks } from "../path-relations.ts";
import { isInSystem, toOpenFolders } from "./system-walls.ts";

/** Where a program that is not the system's is shown inside: its place on the host is nobody's business there. */
const programFolder = "/opt/agent";

export interface ProgramWalls {
  /** Bubblewrap's arguments that show the program read-only. */
  readonly args: readonly string[];
  /** Its path inside. */
  readonly command: string;
}

/**
 * Shows the program's own folder and nothing around it; only the file itself where the folder holds something that is to
 * stay hidden (a program that lies right in the home folder). With `asOther`, the program runs under another user than the server's: what lies
 * in a folder that is closed to others is then shown one by one. Throws where there is no such program.
 */
export function toProgramWalls(command: string, hiddenPaths: readonly string[], asOther = false): ProgramWalls {
  const program = isAbsolute(command) ? resolveLinks(command) : undefined;
  if (program === undefined) throw new Error(`Expected the absolute path of a program, found nothing at ${command}.`);
  const hidden = hiddenPaths.map(resolveLinks).filter((path) => path !== undefined);
  const isHidden = hidden.some((path) => contains(path, program));
  // By its own name: programs such as busybox go by the name they are called.
  if (isInSystem(command) && isInSystem(program) && !isHidden) return { args: [], command };
  const folder = dirname(program);
  const inside = `${programFolder}/${basename(program)}`;
  const exposes = folder === "/" || hidden.some((path) => contains(folder, path));
  if (exposes) return { args: [...toOpenFolders(inside), "--ro-bind", program, inside], command: inside };
  const isClosed = asOther && (statSync(folder).mode & 0o005) !== 0o005;
  const args = isClosed ? toEntries(folder) : [...toOpenFolders(programFolder), "--ro-bind", folder, programFolder];
  return { args, command: inside };
}

/** The folder's own mode stays outside; those of its entries count. */
function toEntries(folder: string): readonly string[] {
  const entries = readdirSync(folder).map((name) => ["--ro-bind", join(folder, name), `${programFolder}/${name}`]);
  return [...toOpenFolders(`${programFolder}/any`), ...entries.flat()];
}
