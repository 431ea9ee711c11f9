import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import type { BlobStore } from "./create-blob-store.ts";
import type { CollectedChange } from "./collected-change.ts";
import { openContent } from "./make-diff.ts";
import { type TarEntry, toTar } from "./to-tar.ts";

/** All that was kept as a gzipped tar, made as it is read. */
export function toArchive(change: CollectedChange, blobs: BlobStore): AsyncIterable<Uint8Array> {
  // An error of one end reaches the other: whoever reads sees it.
  return pipeline(Readable.from(toTar(toEntries(change, blobs))), createGzip(), () => {});
}

async function* toEntries({ files, collectedAt }: CollectedChange, blobs: BlobStore): AsyncGenerator<TarEntry> {
  const modifiedAt = Math.floor(collectedAt / 1000);
  for (const file of files) {
    const { artifact } = file;
    const entry = { path: Buffer.from(file.path, "base64"), executable: artifact.executable, modifiedAt };
    if (artifact.kind === "symlink") {
      if (artifact.target === null) continue;
      yield { ...entry, content: { kind: "symlink", target: Buffer.from(artifact.target) } };
      continue;
    }
    const content = await openContent(file, blobs);
    if (content !== undefined) yield { ...entry, content: { kind: "file", ...content } };
  }
}
