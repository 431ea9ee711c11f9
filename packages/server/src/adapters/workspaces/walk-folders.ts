import type { Dirent } from "node:fs";
import { joinBytes, openFolder, type OpenFolder } from "./open-folder.ts";

/** One folder of a tree; open until the next one is asked for. */
export interface WalkedFolder {
  /** Relative to the tree; empty at its top. */
  readonly path: Buffer;
  readonly folder: OpenFolder;
  /** What is no folder, and the folders that are not entered. */
  readonly entries: readonly Dirent<Buffer>[];
}

export interface WalkOptions {
  /** Folders for which this is false are not entered, and stand among `entries`. */
  enters(path: Buffer, name: Buffer): boolean;
  /** Told of a folder that could not be entered: `too_deep`, or gone, closed or another thing by now. */
  onLost(path: Buffer, reason: "too_deep" | "unreadable"): void;
  /** After so many entries the walk ends, and `onFull` is called. */
  readonly mostEntries: number;
  onFull(): void;
}

/** Levels of folders. Each costs an open file while it is walked. */
const deepest = 128;
/** What a system call takes as a path, in bytes. */
const longestPath = 4096;

/**
 * Goes through a tree, each folder before those in it, without following a link: also where somebody changes the tree
 * meanwhile, nothing outside is reached. Rejects where the top cannot be opened.
 */
export async function* walkFolders(top: string, options: WalkOptions): AsyncGenerator<WalkedFolder> {
  let room = options.mostEntries;
  const folder = await openFolder(top);
  try {
    yield* walk(folder, Buffer.alloc(0), 0);
  } finally {
    await folder.close();
  }

  async function* walk(folder: OpenFolder, path: Buffer, depth: number): AsyncGenerator<WalkedFolder> {
    const entries: Dirent<Buffer>[] = [];
    const inner: Buffer[] = [];
    for await (const entry of folder.entries()) {
      room -= 1;
      if (room < 0) break;
      if (entry.isDirectory() && options.enters(path, entry.name)) inner.push(entry.name);
      else entries.push(entry);
    }
    yield { path, folder, entries };
    if (room < 0) return options.onFull();
    for (const name of inner.toSorted(Buffer.compare)) {
      const innerPath = joinBytes(path, name);
      const tooDeep = depth + 1 > deepest || innerPath.length >= longestPath;
      const opened = tooDeep ? undefined : await folder.openFolder(name).catch(() => undefined);
      if (opened === undefined) {
        options.onLost(innerPath, tooDeep ? "too_deep" : "unreadable");
        continue;
      }
      try {
        yield* walk(opened, innerPath, depth + 1);
      } finally {
        await opened.close();
      }
      if (room < 0) return;
    }
  }
}
