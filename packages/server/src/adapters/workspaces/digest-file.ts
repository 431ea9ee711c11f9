import { createHash, type Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";

/** What a file holds, as git and as clients name it. */
export interface FileDigest {
  readonly size: number;
  /** Git's id of the content, in the digest of the repository. */
  readonly oid: string;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
}

export type GitHash = "sha1" | "sha256";

const chunkBytes = 256 * 1024;

/**
 * Reads an open file from its beginning to `size`, giving each piece to `onChunk`. Undefined where the file has another length: it is being
 * written.
 */
export async function digestFile(
  handle: FileHandle,
  size: number,
  gitHash: GitHash,
  onChunk?: (chunk: Buffer) => Promise<unknown>,
): Promise<FileDigest | undefined> {
  const git = startGitHash(gitHash, size);
  const sha256 = createHash("sha256");
  // One byte more than it should have tells whether it grew.
  const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, size + 1));
  let position = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    if (position > size) return undefined;
    const chunk = buffer.subarray(0, bytesRead);
    git.update(chunk);
    sha256.update(chunk);
    await onChunk?.(chunk);
    if (bytesRead < buffer.length && position === size) break;
  }
  return position === size ? { size, oid: git.digest("hex"), sha256: sha256.digest("hex") } : undefined;
}

/** Git's id of a few bytes, such as where a link points. */
export function toGitOid(content: Buffer, gitHash: GitHash): string {
  return startGitHash(gitHash, content.length).update(content).digest("hex");
}

function startGitHash(gitHash: GitHash, size: number): Hash {
  return createHash(gitHash).update(`blob ${size}\0`);
}
