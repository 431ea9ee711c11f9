import type { CollectedChange, CollectedFile } from "./collected-change.ts";
import type { BlobStore } from "./create-blob-store.ts";
import type { Git } from "./create-git.ts";
import { type ImportedFile, importCommit } from "./import-commit.ts";
import { readChunks } from "./read-chunks.ts";

export interface DiffRequest {
  /** Our own bare repository, which holds the commit that the work began with. */
  readonly repository: string;
  readonly startCommit: string;
  readonly change: CollectedChange;
  readonly blobs: BlobStore;
  readonly maxBytes: number;
}

/** Larger files are told in one line, as those that are no text. */
const largestShown = "core.bigFileThreshold=4m";

/** Makes a commit of what was kept, in our own repository, and gives its patch: no program of the repository's takes part. */
export async function makeDiff(git: Git, request: DiffRequest): Promise<{ patch: string; truncated: boolean }> {
  const { repository, startCommit, change, maxBytes } = request;
  const head = await importCommit(git, {
    repository,
    // One for each change: two that ask at once do not get in each other's way.
    reference: `refs/gantry/change-${change.digest.slice(-32)}`,
    parent: startCommit,
    message: "What the run changed",
    files: toImported(request),
  });
  const how = ["-r", "-p", "-M", "--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=all"];
  const args = ["-c", largestShown, "--git-dir", repository, "diff-tree", ...how, startCommit, head];
  const { bytes, cut } = await git.run(args, { maxOutputBytes: maxBytes });
  const end = cut ? bytes.lastIndexOf("\n") + 1 : bytes.length;
  return { patch: bytes.subarray(0, end).toString("utf8"), truncated: cut };
}

async function* toImported({ change, blobs }: DiffRequest): AsyncGenerator<ImportedFile> {
  for (const file of change.files) {
    const path = Buffer.from(file.path, "base64");
    if (file.after === null) {
      yield { path, mode: file.before?.mode ?? "100644", content: undefined };
      continue;
    }
    const content = await openContent(file, blobs);
    if (content !== undefined) yield { path, mode: file.after.mode, content };
  }
}

/** What was kept of a file or a link; undefined where nothing was. */
export async function openContent({ artifact }: CollectedFile, blobs: BlobStore): Promise<ImportedFile["content"]> {
  if (artifact.kind === "symlink") {
    if (artifact.target === null) return undefined;
    const target = Buffer.from(artifact.target);
    return { size: target.length, chunks: toAsync(target) };
  }
  const handle = artifact.digest === null ? undefined : await blobs.open(artifact.digest.slice("sha256:".length));
  return handle && { size: artifact.size, chunks: readChunks(handle) };
}

async function* toAsync(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
