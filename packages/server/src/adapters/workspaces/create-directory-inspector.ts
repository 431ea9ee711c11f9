import { FailureError, toFailure } from "@gantry/contracts/errors";
import { realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import type { DirectoryInspector } from "../../core/ports/directory-inspector.ts";

export interface InspectorFacts {
  /** Absolute. */
  readonly dataDirectory: string;
  /** Of the server's user. */
  readonly home: string;
}

/** Nobody's project, with all that is in them. */
const systemFolders = ["/proc", "/sys", "/dev", "/run", "/boot", "/etc", "/var/run", "/private/etc"];
/** Folders of many things; what is in them may be registered. */
const wideFolders = [
  "/bin",
  "/sbin",
  "/lib",
  "/lib32",
  "/lib64",
  "/usr",
  "/usr/local",
  "/opt",
  "/var",
  "/var/lib",
  "/tmp",
  "/var/tmp",
  "/home",
  "/root",
  "/mnt",
  "/media",
  "/srv",
  "/Users",
  "/System",
  "/Library",
  "/Applications",
  "/Volumes",
  "/private",
];

export function createDirectoryInspector({ dataDirectory, home }: InspectorFacts): DirectoryInspector {
  return {
    async inspect(given) {
      if (given.includes("\0")) throw refuse("the path holds a zero byte");
      if (!isAbsolute(given)) throw refuse("expected an absolute path of the server's machine");
      const path = await toRealPath(given);
      const [data, ownHome] = await Promise.all([toLikelyPath(dataDirectory), toLikelyPath(home)]);
      const problem = findProblem(path, data, ownHome);
      if (problem !== undefined) throw refuse(problem);
      return path;
    },
  };
}

async function toRealPath(given: string): Promise<string> {
  try {
    const path = await realpath(given);
    if ((await stat(path)).isDirectory()) return path;
  } catch (cause) {
    throw refuse("there is no such directory, or the server may not look at it", cause);
  }
  throw refuse("expected a directory, got something else");
}

/** Links resolved as far as the path is there. */
async function toLikelyPath(path: string): Promise<string> {
  const whole = resolve(path);
  const parent = dirname(whole);
  return await realpath(whole).catch(async () =>
    parent === whole ? whole : resolve(await toLikelyPath(parent), relative(parent, whole)),
  );
}

function findProblem(path: string, data: string, home: string): string | undefined {
  if (path === dirname(path)) return "the root of the file system holds everything; register a project's folder";
  const system = systemFolders.find((folder) => isWithin(folder, path));
  if (system !== undefined) return `${system} belongs to the system`;
  if (wideFolders.includes(path)) return "the folder holds more than one project; register a project's folder";
  if (isWithin(data, path)) return "the server's data directory holds its keys and its store";
  if (isWithin(path, home)) return "a home holds keys and logins; register a project's folder in it";
  if (isWithin(path, data)) return "the server's data directory, which holds its keys and its store, lies in it";
  if (isWithin(home, path) && relative(home, path).startsWith(".")) {
    return "hidden folders of a home hold keys, logins and settings";
  }
  return undefined;
}

/** Whether a path is a folder, or lies in it. Both absolute, with no link in them. */
function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function refuse(sentence: string, cause?: unknown): FailureError {
  return new FailureError(toFailure("invalid_request", `path: ${sentence}`, { param: "path" }), { cause });
}
