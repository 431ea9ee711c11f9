import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { WorkspaceBase, WorkspaceRequest } from "../../core/ports/workspaces.ts";
import { cloneRepository, isRepository } from "./clone-repository.ts";
import { copyDirectory } from "./copy-directory.ts";
import type { Git } from "./create-git.ts";
import type { SystemTools } from "./create-system-tools.ts";
import { importCommit } from "./import-commit.ts";
import { importTree } from "./import-tree.ts";
import { layFiles } from "./lay-files.ts";
import { createSizeBudget } from "./size-budget.ts";
import { parts, type WorkspaceRecord } from "./workspace-record.ts";

export interface MakeParts {
  readonly git: Git;
  readonly tools: SystemTools;
}

export type MadeFolder = Pick<WorkspaceRecord, "base" | "sourceCommit" | "startCommit" | "notes">;

const mostNotes = 100;

/** Lays out what the work begins with, in a folder that is there and empty. What it leaves behind where it fails is the caller's to remove. */
export async function makeFolder(
  { git, tools }: MakeParts,
  { source, files = [], maxBytes = Infinity, ownerIds }: WorkspaceRequest,
  folder: string,
): Promise<MadeFolder> {
  const [tree, repository] = [join(folder, parts.tree), join(folder, parts.repository)];
  const budget = createSizeBudget(maxBytes);
  const notes: string[] = [];
  const note = (sentence: string) => {
    if (notes.length < mostNotes) notes.push(sentence);
  };

  let base: WorkspaceBase;
  let sourceCommit: string;
  if (source.kind === "directory" && (await isRepository(source.directory.path))) {
    sourceCommit = await cloneRepository(git, { source: source.directory.path, ref: source.ref, repository, tree });
    base = { kind: "repository", directory: source.directory.name, commit: sourceCommit };
    budget.take(maxBytes === Infinity ? 0 : await tools.usageBytes(tree));
  } else {
    if (source.kind === "directory" && source.ref !== undefined) {
      budget.refuse("a ref, but the directory is no git repository");
    }
    await mkdir(tree);
    if (source.kind === "directory") await copyDirectory(source.directory.path, tree, budget, note);
    await git.run(["init", "--quiet", "--template=", "--bare", repository]);
    sourceCommit = await commit("source", undefined);
    base =
      source.kind === "directory"
        ? { kind: "copy", directory: source.directory.name, commit: null }
        : { kind: "empty", directory: null, commit: null };
  }
  let startCommit = sourceCommit;
  if (files.length > 0) {
    await layFiles(tree, files, budget);
    startCommit = await commit("start", sourceCommit, new Set(files.map(({ path }) => path)));
  }
  if (ownerIds !== undefined && process.getuid?.() === 0) await tools.giveTo(tree, ownerIds);
  return { base, sourceCommit, startCommit, notes };

  function commit(name: string, parent: string | undefined, only?: ReadonlySet<string>): Promise<string> {
    const reference = `refs/gantry/${name}`;
    return importCommit(git, { repository, reference, parent, message: name, files: importTree(tree, only) });
  }
}
