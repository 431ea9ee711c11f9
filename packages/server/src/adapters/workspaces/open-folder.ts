import { constants, type Dirent } from "node:fs";
import { type FileHandle, open, opendir } from "node:fs/promises";

/**
 * A folder that is held open, so that what is reached through it lies in it, whatever somebody puts in the place of its path
 * meanwhile: the system's `openat`, by way of `/proc/self/fd`. Links are never followed.
 */
export interface OpenFolder {
  /** A path of an entry that goes through the open folder. For calls that do not follow a link at their end. */
  pathOf(name: Buffer): Buffer;
  /** Rejects with `ELOOP` where a link lies there. Never waits for the other end of a pipe. */
  openFile(name: Buffer): Promise<FileHandle>;
  /** Rejects with `ELOOP` or `ENOTDIR` where no folder lies there. */
  openFolder(name: Buffer): Promise<OpenFolder>;
  /** The entries in the system's order, as they are read. */
  entries(): AsyncIterable<Dirent<Buffer>>;
  close(): Promise<void>;
}

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants;
/** The system has no such folder of open files; its own flag refuses links in the whole path instead. */
const isMac = process.platform === "darwin";
const noLinkAnywhere = 0x2000_0000;
const folderFlags = O_RDONLY | O_DIRECTORY | (isMac ? noLinkAnywhere : O_NOFOLLOW);
const fileFlags = O_RDONLY | O_NONBLOCK | (isMac ? noLinkAnywhere : O_NOFOLLOW);

/** Opens a folder by its real path, whose parents nobody else can change. */
export async function openFolder(path: string | Buffer): Promise<OpenFolder> {
  const handle = await open(path, folderFlags);
  const base = isMac ? Buffer.from(path) : Buffer.from(`/proc/self/fd/${handle.fd}`);
  const pathOf = (name: Buffer) => Buffer.concat([base, slash, name]);
  return {
    pathOf,
    openFile: (name) => open(pathOf(name), fileFlags),
    openFolder: (name) => openFolder(pathOf(name)),
    async *entries() {
      // The library's type knows no encoding but text here; the names are bytes.
      const folder = await opendir(base, { encoding: "buffer" as BufferEncoding, bufferSize: 256 });
      for await (const entry of folder) yield entry as unknown as Dirent<Buffer>;
    },
    close: () => handle.close(),
  };
}

const slash = Buffer.from("/");

/** Joins a relative path and a name; the empty path is the top. */
export function joinBytes(path: Buffer, name: Buffer): Buffer {
  return path.length === 0 ? name : Buffer.concat([path, slash, name]);
}
