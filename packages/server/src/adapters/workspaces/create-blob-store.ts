import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { digestFile, type FileDigest, type GitHash } from "./digest-file.ts";

/** Contents by their digest, each once. What is in it never changes. */
export interface BlobStore {
  /** Copies an open file; it is on the disk once the file system is told to. Undefined where it changes while it is read. */
  keep(source: FileHandle, size: number, gitHash: GitHash): Promise<FileDigest | undefined>;
  /** Undefined where there is no such content. The caller closes what it is given. */
  open(sha256: string): Promise<FileHandle | undefined>;
  /** Removes what `isNeeded` says no to, but for what is younger than an hour: its list may be on its way. */
  sweep(isNeeded: (sha256: string) => boolean, now: number): Promise<number>;
}

const youngMs = 3_600_000;

export function createBlobStore(directory: string): BlobStore {
  const pathOf = (sha256: string) => join(directory, sha256.slice(0, 2), sha256.slice(2));

  return {
    async keep(source, size, gitHash) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const temporary = join(directory, `new-${randomBytes(12).toString("hex")}`);
      const target = await open(temporary, "wx", 0o600);
      try {
        const digest = await digestFile(source, size, gitHash, (chunk) => target.appendFile(chunk));
        if (digest === undefined) return undefined;
        await mkdir(dirname(pathOf(digest.sha256)), { recursive: true, mode: 0o700 });
        // What is there already has the same content; the new file makes it young again.
        await rename(temporary, pathOf(digest.sha256));
        return digest;
      } finally {
        await target.close();
        await rm(temporary, { force: true });
      }
    },
    async open(sha256) {
      try {
        return await open(pathOf(sha256), "r");
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async sweep(isNeeded, now) {
      let removed = 0;
      for (const folder of await listNames(directory)) {
        const isBlobs = /^[0-9a-f]{2}$/.test(folder);
        const names = isBlobs ? await listNames(join(directory, folder)) : [""];
        for (const name of names) {
          const path = join(directory, folder, name);
          if (isBlobs && isNeeded(folder + name)) continue;
          const stats: Stats | undefined = await stat(path).catch(() => undefined);
          if (stats === undefined || now - stats.mtimeMs < youngMs) continue;
          await rm(path, { force: true });
          removed += 1;
        }
      }
      return removed;
    },
  };
}

async function listNames(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Whether a system error says that nothing is there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
