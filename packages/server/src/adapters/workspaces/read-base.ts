import type { Git } from "./create-git.ts";
import type { GitHash } from "./digest-file.ts";
import type { FileMode } from "./import-commit.ts";

/** What a workspace began with. Keys are paths as bytes, one character each. */
export interface BaseTree {
  readonly files: ReadonlyMap<string, BaseFile>;
  readonly gitHash: GitHash;
}

export interface BaseFile {
  readonly mode: FileMode;
  readonly oid: string;
}

const mostBytes = 256 * 1024 * 1024;

/** The key of a path in a {@link BaseTree}. */
export const toKey = (path: Buffer): string => path.toString("latin1");
export const fromKey = (key: string): Buffer => Buffer.from(key, "latin1");

/** Reads the files of a commit in our own repository. */
export async function readBase(git: Git, repository: string, commit: string): Promise<BaseTree> {
  const args = ["--git-dir", repository, "ls-tree", "-r", "-z", "--full-tree", commit];
  const { bytes, cut } = await git.run(args, { maxOutputBytes: mostBytes });
  if (cut) throw new Error("the base holds more files than can be listed");
  const files = new Map<string, BaseFile>();
  for (const line of bytes.toString("latin1").split("\0")) {
    const [, mode, oid, path] = /^(\d{6}) blob ([0-9a-f]+)\t([^]*)$/.exec(line) ?? [];
    // What is left over are submodules, which are not checked out.
    if (mode === undefined || oid === undefined || path === undefined) continue;
    files.set(path, { mode: toMode(mode), oid });
  }
  return { files, gitHash: commit.length === 40 ? "sha1" : "sha256" };
}

/** Old repositories hold other modes; a file is executable or not. */
function toMode(mode: string): FileMode {
  if (mode === "120000") return mode;
  return mode === "100755" ? mode : "100644";
}
