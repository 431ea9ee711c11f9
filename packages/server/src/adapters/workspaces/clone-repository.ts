import { FailureError, toFailure } from "@gantry/contracts/errors";
import { appendFile, copyFile, constants, lstat, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Git, GitError } from "./create-git.ts";

export interface CloneRequest {
  /** The registered directory, with `.git` in it. */
  readonly source: string;
  readonly ref: string | undefined;
  /** Bare repository of ours that is made; it holds the base. */
  readonly repository: string;
  /** Folder that is made: a repository of its own that shares nothing with the other two. */
  readonly tree: string;
}

/** Whether work that begins with this directory begins with a commit. */
export async function isRepository(directory: string): Promise<boolean> {
  const stats = await lstat(join(directory, ".git")).catch(() => undefined);
  return stats !== undefined && (stats.isDirectory() || stats.isFile());
}

const baseReference = "refs/gantry/base";
const branch = "work";
/** No option, no range, and nothing that makes git search. */
const plainRef = /^(?!.*\.\.)[\p{L}\p{N}_][\p{L}\p{N}_./@+#-]*(?:[~^]\d{0,4}){0,8}$/u;

/**
 * Clones one commit with its history. The content is checked out byte for byte: no conversion that the repository's attributes
 * ask for is made, and no filter, hook or submodule runs. Gives the commit's id. Rejects with a `FailureError` of code
 * `invalid_request` for a ref that is not there.
 */
export async function cloneRepository(git: Git, { source, ref, repository, tree }: CloneRequest): Promise<string> {
  const from = ["--git-dir", join(source, ".git")];
  await refusePartial(git, from);
  const format = (await git.run([...from, "rev-parse", "--show-object-format"])).text.trim();
  const commit = await findCommit(git, from, ref ?? "HEAD");
  const init = ["init", "--quiet", "--template=", `--object-format=${format}`];
  await git.run([...init, "--bare", repository]);
  const fetch = ["fetch", "--quiet", "--no-tags", "--update-shallow", "--no-recurse-submodules"];
  await git.run(["--git-dir", repository, ...fetch, join(source, ".git"), `+${commit}:${baseReference}`]);

  await git.run([...init, `--initial-branch=${branch}`, tree]);
  const inner = join(tree, ".git");
  await copyObjects(repository, inner);
  await mkdir(join(inner, "info"), { recursive: true });
  await writeFile(join(inner, "info/attributes"), "* -text -ident -filter -working-tree-encoding\n");
  await appendFile(join(inner, "config"), "[user]\n\tname = Gantry agent\n\temail = agent@localhost\n");
  await git.run(["--git-dir", inner, "update-ref", `refs/heads/${branch}`, commit]);
  await git.run(["--git-dir", inner, "--work-tree", tree, "reset", "--quiet", "--hard"]);
  return commit;
}

/** A commit that the directory's `HEAD` is at. Undefined where there is none. */
export async function readHead(git: Git, directory: string): Promise<string | undefined> {
  try {
    return await findCommit(git, ["--git-dir", join(directory, ".git")], "HEAD");
  } catch (error) {
    if (error instanceof FailureError) return undefined;
    throw error;
  }
}

/** What is missing in it git would fetch from elsewhere, by a command that the repository's own settings name. */
async function refusePartial(git: Git, from: readonly string[]): Promise<void> {
  const names = "^(extensions\\.partialclone|remote\\..*\\.promisor)$";
  const found = await git.run([...from, "config", "--get-regexp", names]).catch((error: unknown) => {
    if (error instanceof GitError && error.code === 1) return undefined;
    throw error;
  });
  if (found === undefined) return;
  const message =
    "The directory's repository is a partial clone; fetch all of it first (git fetch --refetch --no-filter).";
  throw new FailureError(toFailure("conflict", message));
}

async function findCommit(git: Git, from: readonly string[], ref: string): Promise<string> {
  if (plainRef.test(ref)) {
    try {
      return (await git.run([...from, "rev-parse", "--verify", "--quiet", `${ref}^{commit}`])).text.trim();
    } catch (error) {
      if (!(error instanceof GitError) || error.code !== 1) throw error;
    }
  }
  const message =
    ref === "HEAD"
      ? "ref: the directory's repository has no commit yet"
      : "ref: expected a branch, tag or commit of the directory's repository";
  throw new FailureError(toFailure("invalid_request", message, { param: "ref" }));
}

/** As copies: a hard link would let whoever has one change the other. */
async function copyObjects(repository: string, inner: string): Promise<void> {
  for (const folder of ["objects/pack", "."]) {
    for (const name of await readdir(join(repository, folder))) {
      if (folder === "." && name !== "shallow") continue;
      await mkdir(join(inner, folder), { recursive: true });
      await copyFile(join(repository, folder, name), join(inner, folder, name), constants.COPYFILE_FICLONE);
    }
  }
}
