import type { Artifact, ArtifactList } from "@gantry/contracts/workspaces";
import { hash } from "node:crypto";
import type { FileMode } from "./import-commit.ts";
import type { BaseFile } from "./read-base.ts";

/** One artifact with what is needed to show and to land it. */
export interface CollectedFile {
  readonly artifact: Artifact;
  /** Bytes of the path, in base64. */
  readonly path: string;
  /** What is there now; null for what was deleted. */
  readonly after: BaseFile | null;
  /** What the work began with; null for what was added. */
  readonly before: BaseFile | null;
}

/** All that a run changed, as it is kept. */
export interface CollectedChange extends Omit<ArtifactList, "items"> {
  readonly files: readonly CollectedFile[];
  /** Of the whole: the same change of the same base has the same. */
  readonly digest: string;
}

export function toArtifactList({ files, notes, complete, collectedAt }: CollectedChange): ArtifactList {
  return { items: files.map(({ artifact }) => artifact), notes, complete, collectedAt };
}

export function toChangeDigest(startCommit: string, complete: boolean, files: readonly CollectedFile[]): string {
  const rows = files.map(({ path, artifact, before, after }) => [path, artifact.digest, before, after]);
  return `sha256:${hash("sha256", JSON.stringify([startCommit, complete, rows]))}`;
}

/** The same path has the same id, in every workspace. */
export function toArtifactId(path: Buffer): string {
  return `art_${hash("sha256", path).slice(0, 24)}`;
}

export function countChanges(files: readonly CollectedFile[]) {
  const count = (change: Artifact["change"]) => files.filter(({ artifact }) => artifact.change === change).length;
  return { added: count("added"), modified: count("modified"), deleted: count("deleted") };
}

export const isExecutable = (mode: FileMode | undefined): boolean => mode === "100755";
