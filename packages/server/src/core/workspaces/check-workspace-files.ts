import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { Workspaces } from "../ports/workspaces.ts";

/** As {@link Workspaces.create} takes them. */
type Files = NonNullable<Parameters<Workspaces["create"]>[0]["files"]>;

const longestPath = 1024;
const longestPart = 255;
const mostFiles = 10_000;

/**
 * Whether the files that are to be laid into a workspace can be. Undefined where they can; else a failure that names the file.
 * A path is relative, of plain parts: what is not as it is written (`..`, `./`, a trailing `/`) is refused, not mended.
 */
export function checkWorkspaceFiles(files: Files): Failure | undefined {
  if (files.length > mostFiles) return refuse(undefined, `at most ${mostFiles} files are taken, got ${files.length}`);
  const seen = new Set<string>();
  const folders = new Set<string>();
  for (const [index, { path }] of files.entries()) {
    const problem = findProblem(path);
    if (problem !== undefined) return refuse(index, problem);
    if (seen.has(path)) return refuse(index, "the same path comes twice");
    seen.add(path);
    for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1)) folders.add(path.slice(0, end));
  }
  const both = files.findIndex(({ path }) => folders.has(path));
  return both === -1 ? undefined : refuse(both, "the same path is a file and a folder");
}

function findProblem(path: string): string | undefined {
  if (path === "") return "expected a path, got nothing";
  if (!path.isWellFormed()) return "the path is no valid text";
  if (path.includes("\0")) return "the path holds a zero byte";
  if (path.length > longestPath) return `the path is longer than ${longestPath} characters`;
  if (path.startsWith("/")) return "expected a path relative to the workspace, got an absolute one";
  for (const part of path.split("/")) {
    if (part === "") return "the path has an empty part";
    if (part === "." || part === "..") return `a part of the path is "${part}"`;
    if (isGitName(part)) return "a part of the path is a name of git's own";
    if (new TextEncoder().encode(part).length > longestPart) return `a part is longer than ${longestPart} bytes`;
  }
  return undefined;
}

/** `.git`, and what some file system takes for it: another case, trailing dots and blanks, the short name, ignored characters. */
export function isGitName(part: string): boolean {
  const plain = part.replaceAll(/[\u200C-\u200F\u202A-\u202E\u206A-\u206F\uFEFF]/g, "").toLowerCase();
  return /^(\.git|git~1)[. ]*(:.*)?$/.test(plain);
}

function refuse(index: number | undefined, sentence: string): Failure {
  const param = index === undefined ? "files" : `files[${index}].path`;
  return toFailure("invalid_request", `${param}: ${sentence}`, { param });
}
