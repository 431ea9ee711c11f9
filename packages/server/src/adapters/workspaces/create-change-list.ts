import type { Artifact, ArtifactNote } from "@gantry/contracts/workspaces";
import type { CollectLimits } from "./collect-changes.ts";
import { type CollectedFile, isExecutable, toArtifactId } from "./collected-change.ts";
import { type BaseFile, type BaseTree, fromKey, toKey } from "./read-base.ts";
import { showPath } from "./show-path.ts";
import { toMediaType } from "./to-media-type.ts";

/** A file or link that is not what the work began with. */
interface FoundFile {
  readonly path: Buffer;
  readonly after: BaseFile;
  readonly size: number;
  readonly sha256: string | null;
  readonly target: Buffer | null;
}

/** Gathers what a collection finds, within its bounds. */
export interface ChangeList {
  /** The path is there, whatever it is: it was not deleted. */
  see(path: Buffer): void;
  add(found: FoundFile): void;
  /** Something is not exported. */
  skip(path: Buffer, code: ArtifactNote["code"], message: string): void;
  /** A folder of which nothing is known. */
  lose(path: Buffer, code: ArtifactNote["code"], message: string): void;
  /** There was more than is looked at. */
  overflow(message: string): void;
  /** Takes room for a file that is to be kept, or says why there is none. */
  takeRoom(bytes: number): "taken" | "too_many" | "too_large";
  finish(): { files: readonly CollectedFile[]; notes: readonly ArtifactNote[]; complete: boolean };
}

const mostNotes = 1000;

export function createChangeList(base: BaseTree, limits: CollectLimits): ChangeList {
  const files: CollectedFile[] = [];
  const notes: ArtifactNote[] = [];
  const seen = new Set<string>();
  const lost: string[] = [];
  let complete = true;
  let full = false;
  let keptBytes = 0;

  function note(entry: ArtifactNote): void {
    if (notes.length < mostNotes) notes.push(entry);
  }

  function overflow(message: string): void {
    complete = false;
    if (!full) notes.unshift({ code: "too_many", message });
    full = true;
  }

  function push(file: CollectedFile): void {
    if (files.length < limits.mostChanges) files.push(file);
    else overflow(`More than ${limits.mostChanges} files were changed; the rest is not listed.`);
  }

  function skip(path: Buffer, code: ArtifactNote["code"], message: string): void {
    complete = false;
    note({ code, path: showPath(path).text, message });
  }

  return {
    see: (path) => seen.add(toKey(path)),
    add({ path, after, size, sha256, target }) {
      const before = base.files.get(toKey(path)) ?? null;
      const found = { size, digest: sha256 === null ? null : `sha256:${sha256}`, target: target && target.toString() };
      const artifact = describe(path, before === null ? "added" : "modified", after, found);
      push({ artifact, path: path.toString("base64"), before, after });
    },
    skip,
    lose(path, code, message) {
      lost.push(`${toKey(path)}/`);
      skip(path, code, message);
    },
    overflow,
    takeRoom(bytes) {
      if (files.length >= limits.mostChanges) return "too_many";
      if (keptBytes + bytes > limits.mostBytes) return "too_large";
      keptBytes += bytes;
      return "taken";
    },
    finish() {
      // What was not looked at is not known to be gone.
      for (const [key, before] of full ? [] : base.files) {
        if (seen.has(key) || lost.some((folder) => key.startsWith(folder))) continue;
        const path = fromKey(key);
        const artifact = describe(path, "deleted", before, { size: 0, digest: null, target: null });
        push({ artifact, path: path.toString("base64"), before, after: null });
      }
      files.sort((one, other) => Buffer.compare(Buffer.from(one.path, "base64"), Buffer.from(other.path, "base64")));
      for (const path of findCaseCollisions(seen, files)) {
        note({ code: "case_collision", path, message: "Another name differs from it in its case alone." });
      }
      return { files, notes, complete };
    },
  };
}

function describe(
  path: Buffer,
  change: Artifact["change"],
  { mode }: BaseFile,
  found: Pick<Artifact, "size" | "digest" | "target">,
): Artifact {
  const { text, exact } = showPath(path);
  const isLink = mode === "120000";
  return {
    id: toArtifactId(path),
    path: text,
    pathBytes: exact ? null : path.toString("base64"),
    change,
    kind: isLink ? "symlink" : "file",
    mediaType: isLink ? "inode/symlink" : toMediaType(text),
    ...found,
    executable: isExecutable(mode),
  };
}

/** Added files that cannot be beside another one where case makes no difference. */
function findCaseCollisions(seen: ReadonlySet<string>, files: readonly CollectedFile[]): string[] {
  const fold = (path: string) => path.normalize("NFC").toLowerCase();
  const counts = new Map<string, number>();
  for (const key of seen) {
    const folded = fold(fromKey(key).toString());
    counts.set(folded, (counts.get(folded) ?? 0) + 1);
  }
  return files
    .filter(({ artifact: { change, path } }) => change === "added" && (counts.get(fold(path)) ?? 0) > 1)
    .map(({ artifact }) => artifact.path);
}
